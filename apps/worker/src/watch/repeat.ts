/** Does one thing again and again, with a rest between, until the worker stops. A fault of one act is logged, and must never end the others. */
import { setTimeout as rest } from 'node:timers/promises';
import type { WorkerContext } from '../context.ts';

type Running = Pick<WorkerContext, 'log' | 'stopping'>;

/** Resolves when the worker stops. `what`: names in the log what has failed. `restMs`: between two acts; default: a second. */
export async function repeat({ log, stopping }: Running, what: string, act: () => Promise<unknown>, restMs = 1_000): Promise<void> {
  while (!stopping.aborted) {
    await act().catch((error: unknown) => log.warn({ err: error }, what));
    await rest(restMs, undefined, { signal: stopping }).catch(() => undefined);
  }
}

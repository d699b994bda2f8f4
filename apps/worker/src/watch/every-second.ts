/** A service that does one thing again and again, with a rest between, and survives its faults. */
import type { WorkerContext } from '../context.ts';

type Running = Pick<WorkerContext, 'log' | 'stopping'>;

/** Resolves when the worker stops. `what`: names the service where one of its acts fails. `restMs`: between two acts; default: a second. */
export function everySecond({ log, stopping }: Running, what: string, act: () => Promise<unknown>, restMs = 1_000): Promise<void> {
  return (async () => {
    while (!stopping.aborted) {
      await act().catch((error: unknown) => log.warn({ err: error }, what));
      await rest(restMs, stopping);
    }
  })();
}

function rest(ms: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal.addEventListener('abort', end);
  });
}

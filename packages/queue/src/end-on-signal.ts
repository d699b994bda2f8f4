/**
 * SIGTERM or SIGINT to a service that is a process of its own: it is stopped, and then the process ends, whatever still hangs on a Redis that
 * is gone. Killing it is left to whoever sends a second signal.
 */
import type { Log } from './logging/log.ts';

export interface Ended {
  /** Is given the deadline, and may need a few seconds more. */
  stop: (deadlineMs: number) => Promise<unknown>;
  deadlineMs: number;
  log: Log;
}

/** After the deadline. A service manager is told to wait 15 seconds longer than it (docs/operations.md). */
const GRACE_MS = 12_000;

export function endOnSignal({ stop, deadlineMs, log }: Ended): void {
  const end = (signal: NodeJS.Signals): void => {
    log.info({ signal }, 'stopping: waits for what is under way');
    setTimeout(() => {
      log.error({ seconds: (deadlineMs + GRACE_MS) / 1_000 }, 'the stop does not end (is Redis away?): ended without it, the next start goes on');
      process.exit(1);
    }, deadlineMs + GRACE_MS);
    stop(deadlineMs).then(
      () => process.exit(0),
      (error: unknown) => {
        log.error({ err: error }, 'the stop failed: ended all the same, the next start goes on');
        process.exit(1);
      },
    );
  };
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, end);
}

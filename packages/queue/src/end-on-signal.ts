/**
 * SIGTERM or SIGINT to a service that is a process of its own: the service is stopped, and then the process ends, also when something still waits for a
 * Redis that is gone. A second signal is not handled here: it kills the process.
 */
import type { Log } from './logging/log.ts';

export interface Ended {
  /** Stops the service within the deadline and a few seconds more. */
  stop: (deadlineMs: number) => Promise<unknown>;
  deadlineMs: number;
  log: Log;
}

/** How long after the deadline the process is ended by force. A service manager is told to wait 15 seconds longer than the deadline (docs/operations.md). */
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

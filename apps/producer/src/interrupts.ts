/**
 * Ctrl-C, in two steps: the first asks for a clean stop, the second ends at once. SIGTERM and SIGHUP always count as a first step. Before a hard end,
 * registered functions may say a last word (which generations may have become ambiguous).
 */
import { setMaxListeners } from 'node:events';

export interface Interrupts {
  /** Aborted by the first signal. */
  readonly stopping: AbortSignal;
  /** Calls the function at the first signal, or at once if that has come already. */
  onStop(listener: () => void): void;
  /** Calls the function before a hard end. It must not wait for anything. */
  onHardStop(lastWords: () => void): void;
  /** Ends the process some seconds after the deadline of a stop, whatever hangs: a command to a Redis that is gone waits for ever. */
  limitStop(deadlineMs: number, say: (line: string) => void): void;
}

export interface Signals {
  on(signal: NodeJS.Signals, listener: () => void): unknown;
  exit(code: number): void;
}

/** Under `npx` one Ctrl-C arrives twice: the terminal signals the whole group, and npm passes it on. */
const ECHO_MS = 300;
/** Milliseconds for what may follow the deadline: rescue files, closing, the embedded Redis. */
const GRACE_MS = 12_000;

export function listenForInterrupts(signals: Signals, now: () => number = () => performance.now(), graceMs = GRACE_MS): Interrupts {
  const controller = new AbortController();
  // Each file that is brought listens to this signal; Node would warn of a leak from the eleventh listener on.
  setMaxListeners(0, controller.signal);
  const lastWords: (() => void)[] = [];
  let firstAt = 0;
  const stop = (): void => {
    firstAt ||= now();
    controller.abort();
  };
  signals.on('SIGTERM', stop);
  signals.on('SIGHUP', stop);
  signals.on('SIGINT', () => {
    if (!controller.signal.aborted) return stop();
    if (now() - firstAt < ECHO_MS) return;
    for (const say of lastWords) say();
    signals.exit(130);
  });
  const onStop: Interrupts['onStop'] = (listener) => {
    if (controller.signal.aborted) listener();
    else controller.signal.addEventListener('abort', listener, { once: true });
  };
  return {
    stopping: controller.signal,
    onStop,
    limitStop(deadlineMs, say) {
      const end = (): void => {
        const seconds = Math.round((deadlineMs + graceMs) / 1000);
        say(`The stop does not end after ${seconds} s: is Redis away? Ended without it. Nothing paid is lost, the next start goes on.`);
        signals.exit(130);
      };
      onStop(() => setTimeout(end, deadlineMs + graceMs));
    },
    onHardStop: (say) => void lastWords.push(say),
  };
}

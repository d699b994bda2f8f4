/**
 * The parts of a stop, each awaited for a limited time, since BullMQ's own close waits without a limit, and so does a command to a Redis that is gone.
 * A part that has not ended in time is not awaited any longer; the log of the stop names it.
 */
import { endsWithin } from '@dailies/queue';

export interface TimedParts {
  /** Resolves when the work has ended, or at `until` (epoch milliseconds). Rejects where the work does. */
  part(what: string, until: number, work: Promise<unknown>): Promise<void>;
  /** The parts that had not ended in time. */
  undone(): readonly string[];
}

export function createTimedParts(): TimedParts {
  const undone: string[] = [];
  return {
    async part(what, until, work) {
      if (!(await endsWithin(until - Date.now(), work))) undone.push(what);
    },
    undone: () => undone,
  };
}

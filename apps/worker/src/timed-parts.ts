/**
 * The parts of a stop, each awaited for a limited time, since BullMQ's own close waits without a limit, and so does a command to a Redis that is gone.
 * A part that has not ended in time is not awaited any longer; the log of the stop names it.
 */
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
      if (!(await endsBy(until, work))) undone.push(what);
    },
    undone: () => undone,
  };
}

async function endsBy(until: number, work: Promise<unknown>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<false>((resolve) => {
    timer = setTimeout(resolve, Math.max(0, until - Date.now()), false);
  });
  try {
    return await Promise.race([work.then(() => true), limit]);
  } finally {
    clearTimeout(timer);
  }
}

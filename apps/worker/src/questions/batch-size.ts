/**
 * How many tasks go into one question, learned from how the upstream answers. After a bad answer it is halved; after an answer that was cut short it is
 * as many as were in it; after a whole answer it grows again. Below two, every task is polled alone for a while, which doubles each time. Pure, but for
 * the clock that it is told.
 */
const FIRST_REST_MS = 30_000;
const LONGEST_REST_MS = 600_000;
const MOST_REFUSALS = 3;

export interface BatchSize {
  /** The most tasks of the next question; 1: poll each alone. */
  most(now: number): number;
  /** A question about so many was answered for all of them. */
  whole(asked: number): void;
  /** Only so many of those that the upstream knows were in the answer. */
  cut(given: number, now: number): void;
  /** The question was turned away for its rate. Answers true the third time in a row: perhaps the upstream only turns away questions about many. */
  limited(): boolean;
  /** The answer was bad, and those it was about could be asked alone. */
  bad(now: number): void;
}

export function createBatchSize(limit: number): BatchSize {
  let size = limit;
  let restsUntil = 0;
  let restMs = FIRST_REST_MS;
  let refusals = 0;

  function bad(now: number): void {
    size = Math.floor(size / 2);
    if (size >= 2) return;
    size = 1;
    restsUntil = now + restMs;
    restMs = Math.min(restMs * 2, LONGEST_REST_MS);
  }

  return {
    most(now) {
      if (size < 2 && now >= restsUntil) size = Math.min(2, limit);
      return size;
    },
    whole(asked) {
      refusals = 0;
      if (asked < size) return;
      size = Math.min(limit, Math.ceil(size * 1.25));
      if (asked > 2) restMs = FIRST_REST_MS;
    },
    cut(given, now) {
      if (given === 0) bad(now);
      else size = Math.min(size, Math.max(2, given));
    },
    limited() {
      refusals = (refusals + 1) % MOST_REFUSALS;
      return refusals === 0;
    },
    bad,
  };
}

/**
 * What one consumer of a queue is seen doing: how many deliveries are under way, when it took the last one, how late it was. The watch over
 * consumption and the metrics read it; it decides nothing.
 */
import { BoundedMap, jobId } from '@dailies/queue';
import type { Delivery } from '../context.ts';
import type { StepOutcome } from '../steps/step-outcome.ts';

export interface Consumer {
  queue: string;
  /** Deliveries at the same time. */
  capacity: number;
  active(): number;
  /** Epoch milliseconds at which the last delivery was taken; before the first, those of the start. */
  pickedAt(): number;
  /** It has rested on purpose until now: nothing is late because of that. */
  rested(): void;
  deliver(delivery: Delivery, step: () => Promise<StepOutcome>): Promise<StepOutcome>;
}

/** Delayed jobs whose due time is remembered. Another worker may take such a job, so the oldest are forgotten. */
const MOST_REMEMBERED = 10_000;

export function createConsumer(queue: string, capacity: number, late: (seconds: number) => void = () => undefined): Consumer {
  let active = 0;
  let pickedAt = Date.now();
  let openSince = pickedAt;
  const dueAt = new BoundedMap<string, number>(MOST_REMEMBERED);
  return {
    queue,
    capacity,
    active: () => active,
    pickedAt: () => pickedAt,
    rested() {
      openSince = Date.now();
    },
    async deliver({ id, seq, plannedAt }, step) {
      const job = jobId(id, seq);
      pickedAt = Date.now();
      const due = dueAt.get(job) ?? plannedAt;
      dueAt.delete(job);
      // A poll that was called up comes before its time, and is not late.
      if (due !== undefined) late(Math.max(0, pickedAt - Math.max(due, openSince)) / 1000);
      active += 1;
      try {
        const outcome = await step();
        if (outcome.kind === 'wait') dueAt.set(job, Date.now() + outcome.ms);
        return outcome;
      } finally {
        active -= 1;
      }
    },
  };
}

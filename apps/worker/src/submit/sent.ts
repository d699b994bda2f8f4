/** A submit whose intent is written: it has been sent, or is just about to be. */
import type { Assignment } from '../context.ts';
import type { StepOutcome } from '../steps/step-outcome.ts';

export interface Sent extends Assignment {
  /** Epoch milliseconds, by our own clock. */
  sentAt: number;
  /** When the intent was written, by the clock of Redis. */
  intentAt: number;
  /** Back to the queue, in its old place. */
  putBack: (why: string) => Promise<StepOutcome>;
}

/**
 * What a step says should happen to its job. Steps never speak BullMQ; jobs/job-runner.ts does, and nothing else.
 * Waiting is not failing: `wait` and `back` use up no attempt and are no error.
 */
export type StepOutcome =
  /** The job has done what it was for (or was stale). */
  | { kind: 'done'; note: string }
  /** The generation failed: the job is shown as failed, with the real reason. */
  | { kind: 'failed'; reason: string }
  | Waiting
  /** The same job again, in its old place. */
  | { kind: 'back'; why: string };

/** The same job again, later. */
export interface Waiting {
  kind: 'wait';
  /** Milliseconds from now. */
  ms: number;
  why: string;
  /** For the log of the job, which people read. */
  tell?: string;
  /** Called once the job is delayed: whether a reason has come meanwhile to take it at once. */
  hurry?: () => Promise<boolean>;
  /** Milliseconds after which the poll may be taken before its time, to be asked together with others (questions/); absent: never. */
  notBeforeMs?: number;
}

export const done = (note: string): StepOutcome => ({ kind: 'done', note });
export const failed = (reason: string): StepOutcome => ({ kind: 'failed', reason });
export const back = (why: string): StepOutcome => ({ kind: 'back', why });
export const wait = (ms: number, why: string, tell?: string): Waiting => ({
  kind: 'wait',
  ms: Math.max(0, Math.round(ms)),
  why,
  ...(tell === undefined ? {} : { tell }),
});

/**
 * What a step says should happen to its job. Steps never speak BullMQ; jobs/job-runner.ts does, and nothing else.
 * Waiting is not failing: `wait` and `back` use up no attempt and are no error.
 */
export type StepOutcome =
  /** The job has done what it was for (or was stale). */
  | { kind: 'done'; note: string }
  /** The generation failed: the job is shown as failed, with the real reason. */
  | { kind: 'failed'; reason: string }
  /** The same job again, later; `tell` is for the log of the job, which people read; `hurry` is asked once the job waits: whether there is a reason by now to take it at once. After `notBeforeMs` it may be taken for company; absent: not at all. */
  | { kind: 'wait'; ms: number; why: string; tell?: string; hurry?: () => Promise<boolean>; notBeforeMs?: number }
  /** The same job again, in its old place. */
  | { kind: 'back'; why: string };

export const done = (note: string): StepOutcome => ({ kind: 'done', note });
export const failed = (reason: string): StepOutcome => ({ kind: 'failed', reason });
export const wait = (ms: number, why: string, tell?: string): StepOutcome & { kind: 'wait' } => ({ kind: 'wait', ms: Math.max(0, Math.round(ms)), why, ...(tell === undefined ? {} : { tell }) });
export const back = (why: string): StepOutcome => ({ kind: 'back', why });

import type { Quirks, Task } from '../task.ts';
import type { Call } from './upstream.ts';

/** When something is said of tasks, and what is odd in it: in the answer to a call, or in a callback. */
export type Moment = Pick<Call, 'now' | 'quirks' | 'hits'>;

/** What is odd of this task: what is so for its life, and what the fault of this call does, where it hits this one. */
export function quirksOf(task: Task, { quirks, hits }: Moment): Quirks {
  return hits?.(task) === false ? task.quirks : { ...task.quirks, ...quirks };
}

/** The upstream does not know the task. */
export function isHidden(task: Task, moment: Moment): boolean {
  const { hiddenUntil } = quirksOf(task, moment);
  return hiddenUntil !== undefined && moment.now < hiddenUntil;
}

/** Whether an answer about several tasks shows this one. */
export function isListed(task: Task, moment: Moment): boolean {
  return quirksOf(task, moment).leftOut !== true && !isHidden(task, moment);
}

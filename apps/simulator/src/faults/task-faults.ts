import type { Quirks, Task, TaskFailure } from '../task.ts';
import type { Fault } from './fault.ts';

/**
 * What can be wrong with a task while the exchange is fine. On create it is so for the task's whole life; on a poll or a list for
 * that one answer, except an end (`task-fails`, `finish-at-once`), which stays.
 */
export const TASK_FAULTS: Readonly<Record<string, (fault: Fault, now: number) => TaskFault>> = {
  'task-fails': ({ code, reason }) => ({ quirks: {}, ending: { when: 'drawn', failure: { code, reason } } }),
  'finish-at-once': () => ({ quirks: {}, ending: { when: 'now' } }),
  'no-output': () => ({ quirks: { noOutput: true } }),
  'unknown-word': () => ({ quirks: { unknownWord: true } }),
  'numeric-task-id': () => ({ quirks: { numericId: true } }),
  'left-out': () => ({ quirks: { leftOut: true } }),
  'missing': ({ on, ms }, now) => ({ quirks: { hiddenUntil: on === 'create' ? now + (ms ?? 5000) : Infinity } }),
};

export function taskFault(fault: Fault | undefined, now: number): TaskFault {
  if (fault === undefined) return { quirks: {} };
  if (fault.what.startsWith('record:')) return { quirks: { record: Number(fault.what.slice('record:'.length)) } };
  return Object.hasOwn(TASK_FAULTS, fault.what) ? TASK_FAULTS[fault.what]?.(fault, now) ?? { quirks: {} } : { quirks: {} };
}

/** A fault on a poll that ends a running task; its end is then the same for every later question. */
export function endNow(task: Task, { ending }: TaskFault, now: number): boolean {
  if (ending === undefined || task.finishesAt <= now) return false;
  task.finishesAt = now;
  task.startsAt = Math.min(task.startsAt, now);
  if (ending.failure !== undefined) task.failure = ending.failure;
  return true;
}

export interface TaskFault {
  readonly quirks: Quirks;
  readonly ending?: { readonly when: 'now' | 'drawn'; readonly failure?: TaskFailure | undefined } | undefined;
}

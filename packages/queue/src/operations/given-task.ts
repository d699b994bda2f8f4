/** Whether a generation has a task by a person's word, and never had a video of it. Such a task may be mistyped: it is never final. */
import type { Generation } from '../generation.ts';

export type GivenTask = Pick<Generation, 'taskKey' | 'givenTask' | 'files'>;

export function hasOnlyGivenTask({ taskKey, givenTask, files }: GivenTask): boolean {
  return givenTask !== undefined && givenTask === taskKey && files === undefined;
}

/** Whether the task of a generation was given by a person, and no video has come of it. Such a task may be mistyped, so it is not final. */
import type { Generation } from '../generation.ts';

export type GivenTask = Pick<Generation, 'taskKey' | 'givenTask' | 'files'>;

export function hasOnlyGivenTask({ taskKey, givenTask, files }: GivenTask): boolean {
  return givenTask !== undefined && givenTask === taskKey && files === undefined;
}

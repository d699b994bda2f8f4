/**
 * The task that a person gives to a generation. It is adopted where no task of the generation is known, or in place of a task that a person has given
 * before, which may be mistyped. Only the person can tell: Allegro answers for an id that it never gave out as for a video that is not ready. Nothing is
 * submitted from here, and a task of another generation is never taken.
 */
import { PROVIDERS, type Task } from '@dailies/providers';
import type { Generation } from '../generation.ts';
import { readGeneration } from '../ledger/read.ts';
import type { Patch } from '../ledger/record.ts';
import { ownStray } from '../ledger/strays.ts';
import { hasMoved, transition } from '../ledger/transition.ts';
import { handOver } from '../queues/hand-over.ts';
import type { State } from '../states.ts';
import { byPerson } from './by-person.ts';
import type { Desk } from './desk.ts';
import { type GivenTask, hasOnlyGivenTask } from './given-task.ts';
import type { ResolveOutcome } from './resolve.ts';
import { POLLED_ANEW } from './retry.ts';

/** States in which no video has come of the task yet. */
const NOTHING_CAME: readonly State[] = ['rendering', 'overdue', 'failed'];

/**
 * Whether another task may take the place of the one that it has: if that was given by a person, and no video has come of it. What has succeeded once is
 * only fetched again: another task could fail and lead to a submit, for which its images are gone (ledger/images.ts).
 */
export function mayTakeAnotherTask(generation: GivenTask & Pick<Generation, 'state'>): boolean {
  return hasOnlyGivenTask(generation) && NOTHING_CAME.includes(generation.state);
}

/** The failure kind of a generation that was refused because an older task has its id at the upstream. A person may know that the task is its own. */
export const ID_USED = 'id_used';

/** In the history. */
export const GIVEN_BY_PERSON = 'given by a person';

/** Whether it was refused for its id, and has no task. */
export function mayTakeOlderTask({ state, failure, task }: Pick<Generation, 'state' | 'failure' | 'task'>): boolean {
  return state === 'failed' && failure?.kind === ID_USED && task === undefined;
}

/** `text`: the task as the person gives it. `generation`: unresolved, refused for its id, or one whose given task may be replaced. */
export async function adoptGiven(desk: Desk, generation: Generation, text: string): Promise<ResolveOutcome> {
  const { id, state, ambiguity, attempts, round } = generation;
  const isFirst = state === 'unresolved' || mayTakeOlderTask(generation);
  const former = isFirst ? undefined : generation.taskKey;
  const provider = PROVIDERS[generation.provider];
  const refuse = (message: string): ResolveOutcome => ({ id, done: false, message });
  let given;
  try {
    given = taskIn(text, generation);
  } catch (error) {
    // Messages of an outcome have no full stop at their end.
    return refuse((error instanceof Error ? error.message : String(error)).replace(/\.$/, ''));
  }
  const { task, taskKey } = given;
  if (taskKey === former) return refuse('that is the task it has');

  const adopted = { task, taskKey, givenTask: taskKey };
  const firstOne: Patch = {
    ...(state === 'failed' ? POLLED_ANEW : {}),
    submittedAt: ambiguity?.sentAt ?? Date.now(),
    attempts: Math.max(1, attempts),
    cancelRequested: null,
    unwanted: null,
    // As after a retry: its end says when a person came.
    refetched: true,
  };
  const patch = { ...(former === undefined ? firstOne : { ...POLLED_ANEW, ...OF_FORMER }), ...adopted };
  const result = await transition(desk.store, generation, {
    from: [state],
    to: 'rendering',
    by: byPerson(round),
    seq: generation.seq,
    patch,
    taskKey,
    insteadOf: former,
    note: former === undefined ? `task ${GIVEN_BY_PERSON}` : `task ${taskKey} ${GIVEN_BY_PERSON} in place of ${former}`,
    slotUntil: Date.now() + provider.pace.deadlineMs,
  });
  if (result.outcome === 'taken') return refuse(await whoseItIs(desk, result.owner, taskKey));
  if (!hasMoved(result)) return refuse('it changed meanwhile; look again');
  // The given task may be kept as a stray: it is if the upstream's own answer came after the person had given a mistyped one.
  await ownStray(desk.store, generation, taskKey);
  await handOver(desk.store, desk.queues, [{ ...generation, task, state: 'rendering', seq: result.seq }]);
  if (former !== undefined) return { id, done: true, message: `task adopted in place of ${former}; it is polled now` };
  return { id, done: true, message: 'task adopted; it is polled now. If it was mistyped, give the right one in the same way' };
}

/** Throws where the text names no task of this upstream. */
function taskIn(text: string, { provider, request, endpointPath }: Generation): { task: Task; taskKey: string } {
  const upstream = PROVIDERS[provider];
  const task = upstream.taskFrom(text, request, endpointPath);
  return { task, taskKey: upstream.taskKey(task) };
}

/** Whether that is the task which a person has given to it last. `text`: as the person gives it. */
export function isGivenTask(generation: Generation, text: string): boolean {
  try {
    return generation.givenTask === taskIn(text, generation).taskKey;
  } catch {
    return false;
  }
}

/** For people: whose the task is. One that was given to another generation by mistake stays with that one, also after `--abandon`: a retry polls it. */
async function whoseItIs({ store }: Desk, owner: string, taskKey: string): Promise<string> {
  const found = await readGeneration(store, owner);
  const isGiven = found !== null && found.stub !== true && found.taskKey === taskKey && mayTakeAnotherTask(found);
  if (!isGiven) return `that task belongs to another generation, ${owner}`;
  const again = found.state === 'failed' ? ', or with resubmit' : '';
  return `a person gave that task to another generation, ${owner}; it is free when that one is resolved with its own task${again}`;
}

/** Forgets what was seen of the former task. */
const OF_FORMER: Patch = {
  lastPolledAt: null, blindSince: null, phase: null, percent: null, assets: null, storing: null, fetches: null, waitedMs: null, triedAt: null,
};

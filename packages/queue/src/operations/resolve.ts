/**
 * A person's word on an `unresolved` generation: send it again (a new round, may pay twice), adopt a task, or give it up. While no video has come of a task
 * that was given so, another may be given in its place; or it may be taken back: it is given up first, since it may be running and paid, and then the
 * prompt is sent again.
 */
import type { Generation } from '../generation.ts';
import { readGeneration } from '../ledger/read.ts';
import { hasMoved, transition } from '../ledger/transition.ts';
import { adoptGiven, GIVEN_BY_PERSON, isGivenTask, mayTakeAnotherTask, mayTakeOlderTask } from './adopt-given.ts';
import { byPerson } from './by-person.ts';
import { deskWith, type Desk } from './desk.ts';
import { handOverAsItIs, newRound, ownTaskBeside, PAST_RETENTION } from './retry.ts';

export type Resolution = { what: 'resubmit' } | { what: 'task'; task: string } | { what: 'abandon' };

/** Characters of a task id that is sent in a form or a request; those of the upstreams have some dozens. */
export const LONGEST_TASK_ID = 1_024;

export interface ResolveOutcome {
  id: string;
  done: boolean;
  message: string;
}

/** The words that it takes now. One that is past its retention takes none: what would be polled or sent is gone. */
export function wordsOn(generation: Generation): readonly Resolution['what'][] {
  if (generation.stub === true) return [];
  if (generation.state === 'unresolved') return ['task', 'resubmit', 'abandon'];
  if (mayTakeOlderTask(generation)) return ['task'];
  if (!mayTakeAnotherTask(generation)) return [];
  return ['task', generation.state === 'failed' ? 'resubmit' : 'abandon'];
}

const RESUBMITTED = 'resubmitted by a person: may pay twice';
const ABANDONED = 'abandoned by a person; the upstream may still bill it';

/** Whether the generation is as this word leaves it, so that the word was heeded: its state alone may have come of something else. */
export function isHeeded(generation: Generation, resolution: Resolution): boolean {
  if (resolution.what === 'task') return isGivenTask(generation, resolution.task);
  return resolution.what === 'abandon' ? generation.failure?.kind === 'abandoned' : isResubmitted(generation);
}

/** Whether that is the last word since it was unresolved for the last time. Words from before answered an earlier question. */
function isResubmitted({ history }: Generation): boolean {
  const since = history.slice(history.findLastIndex(({ state }) => state === 'unresolved') + 1);
  const last = since.findLast(({ note }) => note === RESUBMITTED || note === ABANDONED || note?.includes(GIVEN_BY_PERSON) === true);
  return last?.note === RESUBMITTED;
}

/** `seq`: of the generation when the person decided. If it was sent again since, and is unresolved once more, that is another question. */
export async function resolveGeneration(desk: Desk, id: string, resolution: Resolution, seq?: number): Promise<ResolveOutcome> {
  const here = await deskWith(desk, id);
  const generation = here === null ? null : await readGeneration(here.store, id);
  if (here === null || generation === null) return { id, done: false, message: `there is no generation ${id}` };
  if (!wordsOn(generation).includes(resolution.what)) return { id, done: false, message: whyNot(generation) };
  if (seq !== undefined && seq !== generation.seq) return { id, done: false, message: 'it changed meanwhile; look again' };
  const { store } = here;
  const by = byPerson(generation.round);

  if (resolution.what === 'task') return adoptGiven(here, generation, resolution.task);
  const resubmit = resolution.what === 'resubmit';
  const own = resubmit ? ownTaskBeside(generation) : undefined;
  if (own !== undefined) return { id, done: false, message: `its answer came after all, with the task ${own}: give it that one` };
  const failure = { kind: 'abandoned', message: ABANDONED, retryable: false };
  const result = await transition(store, generation, {
    from: [generation.state],
    to: resubmit ? 'queued' : 'failed',
    by,
    seq: generation.seq,
    patch: resubmit ? newRound(generation) : { failure, finishedAt: Date.now() },
    note: resubmit ? RESUBMITTED : ABANDONED,
    // The given task is let go: the generation that it belongs to may claim it.
    insteadOf: resubmit ? generation.givenTask : undefined,
    again: resubmit,
  });
  if (!hasMoved(result)) return { id, done: false, message: 'it changed meanwhile; look again' };
  if (resubmit) await handOverAsItIs(here, id);
  return { id, done: true, message: resubmit ? 'queued again, a new round' : 'abandoned' };
}

/** What can be done is named by the words that the command line (`--resubmit`) and the API (`"resubmit": true`) have in common. */
function whyNot(generation: Generation): string {
  const { state, stub } = generation;
  if (stub === true) return PAST_RETENTION.message;
  if (!mayTakeAnotherTask(generation)) {
    if (state === 'overdue') return 'it is overdue, and its task is known: retry polls that again and pays nothing, cancel gives it up';
    return `it is ${state}: only an unresolved one needs a person's word`;
  }
  if (state === 'failed') return 'it has failed already: resubmit sends it again';
  return `it is ${state} with a task that a person gave: give it up first (abandon), then resubmit`;
}

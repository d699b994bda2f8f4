/**
 * A person's word on an `unresolved` generation: send it again (a new round, may pay twice), adopt a task, or give it up. A task that was given
 * so may be given anew while nothing has come of it.
 */
import { readGeneration } from '../ledger/read.ts';
import { transition } from '../ledger/transition.ts';
import { adoptGiven, mayTakeAnotherTask, mayTakeOlderTask } from './adopt-given.ts';
import { byPerson, deskWith, type Desk } from './desk.ts';
import { handOverAsItIs, newRound } from './retry.ts';

export type Resolution = { what: 'resubmit' } | { what: 'task'; task: string } | { what: 'abandon' };

export interface ResolveOutcome {
  id: string;
  done: boolean;
  message: string;
}

/** `seq`: as whoever decided saw it. One that has been sent again since and is unresolved anew is another question. */
export async function resolveGeneration(desk: Desk, id: string, resolution: Resolution, seq?: number): Promise<ResolveOutcome> {
  const here = await deskWith(desk, id);
  const generation = here === null ? null : await readGeneration(here.store, id);
  if (here === null || generation === null) return { id, done: false, message: `there is no generation ${id}` };
  const again = resolution.what === 'task' && (mayTakeAnotherTask(generation) || mayTakeOlderTask(generation));
  if (generation.state !== 'unresolved' && !again) {
    return { id, done: false, message: `it is ${generation.state}: only an unresolved one needs a person's word` };
  }
  if (seq !== undefined && seq !== generation.seq) return { id, done: false, message: 'it changed meanwhile; look again' };
  const { store } = here;
  const by = byPerson(generation.round);

  if (resolution.what === 'task') return adoptGiven(here, generation, resolution.task);
  const resubmit = resolution.what === 'resubmit';
  const failure = { kind: 'abandoned', message: 'abandoned by a person; the upstream may still bill it', retryable: false };
  const result = await transition(store, generation, {
    from: ['unresolved'],
    to: resubmit ? 'queued' : 'failed',
    by,
    seq: generation.seq,
    patch: resubmit ? newRound(generation) : { failure, finishedAt: Date.now() },
    note: resubmit ? 'resubmitted by a person: may pay twice' : failure.message,
    again: resubmit,
  });
  if (result.outcome !== 'won' && result.outcome !== 'mine') return { id, done: false, message: 'it changed meanwhile; look again' };
  if (resubmit) await handOverAsItIs(here, id);
  return { id, done: true, message: resubmit ? 'queued again, a new round' : 'abandoned' };
}

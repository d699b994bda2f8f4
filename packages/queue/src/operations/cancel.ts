/**
 * Cancel, by the rules of the interface: what is not paid stops, what is paid is said to be, and what is ready is never thrown away.
 */
import type { Generation } from '../generation.ts';
import { readGeneration } from '../ledger/read.ts';
import { flag } from '../ledger/note.ts';
import { LEDGER_SCOPE } from '../ledger/account/pause-scopes.ts';
import type { Store } from '../ledger/store.ts';
import { transition } from '../ledger/transition.ts';
import { jobId, submitQueue } from '../queues/names.ts';
import { byPerson } from './by-person.ts';
import { deskWith, type Desk } from './desk.ts';
import { insistStopped, staysCanceled } from './stays-stopped.ts';

export interface CancelOutcome {
  id: string;
  outcome: 'canceled' | 'requested' | 'unwanted' | 'refused' | 'nothing' | 'unknown';
  /** For people. */
  message: string;
}

/** A note in the history. */
export const CANCELED_BY_PERSON = 'canceled by a person';

const REQUESTED = 'cancel requested; may be billed, decided when the outcome of its submit is known';
const REQUESTED_WITH_COLLECT = `${REQUESTED}: if it was accepted, its video is collected and flagged unwanted`;

export interface CancelOptions {
  /** What is already rendering, or will be as its submit was accepted, is not canceled but collected, flagged unwanted. */
  collect?: boolean;
  /**
   * State and seq of the generation when its cancel was decided. One that has moved on since, and may cost something now, is left as it is. Both are
   * compared, since queued → submitting keeps the seq.
   */
  seen?: { state: string; seq: number } | undefined;
  /** For the history: who cancels. Default: a person. */
  note?: string | undefined;
  /** Where it is queued: no webhook tells of it (`Change.untold`). */
  untold?: boolean | undefined;
}

/** Throws MayBeForgotten where it is canceled, or that is noted, and too few replicas have it. */
export async function cancelGeneration(desk: Desk, id: string, options: CancelOptions = {}): Promise<CancelOutcome> {
  const here = await deskWith(desk, id);
  if (here === null) return { id, outcome: 'unknown', message: `there is no generation ${id}` };
  for (let look = 0; look < 5; look += 1) {
    const done = await attempt(here, id, options);
    if (done !== null) return done;
  }
  return { id, outcome: 'refused', message: 'it changes too fast to be canceled just now; try again' };
}

/**
 * Whether an earlier submit of a queued generation was, or may have been, accepted. A submit that was put back is no attempt; but if a callback has named
 * a task of it, it may have been accepted after all.
 */
export function hasMaybeBilledSubmit({ attempts, offer }: Pick<Generation, 'attempts' | 'offer'>): boolean {
  return attempts > 0 || offer !== undefined;
}

/** Null: the generation has changed between the look and the act, or a fail-over has forgotten the act, and the caller tries again. */
async function attempt(desk: Desk, id: string, { collect = false, seen, note = CANCELED_BY_PERSON, untold }: CancelOptions): Promise<CancelOutcome | null> {
  const { store, suffix = '' } = desk;
  const generation = await readGeneration(store, id);
  if (generation === null) return { id, outcome: 'unknown', message: `there is no generation ${id}` };
  const { state, seq, round } = generation;
  // What is canceled already costs nothing more: whoever was told that too few replicas have that asks for the same once more.
  if (seen !== undefined && ((seen.state !== state && state !== 'canceled') || seen.seq !== seq)) {
    return { id, outcome: 'refused', message: `it changed meanwhile: it is ${state}; look again` };
  }
  const change = { by: byPerson(round), seq, to: 'canceled', note } as const;
  switch (state) {
    case 'queued': {
      const isOlder = await isOlderCopy(store);
      const patch = { finishedAt: Date.now(), cancelRequested: null, unwanted: null };
      const result = await transition(store, generation, { ...change, from: ['queued'], untold, patch });
      if (result.outcome === 'lost') return null;
      await removeJob(desk, generation);
      return (await staysCanceled(desk, generation)) ? canceledInQueue(generation, isOlder) : null;
    }
    case 'submitting':
    case 'ambiguous': {
      if (!(await flag(store, id, ['submitting', 'ambiguous'], { cancelRequested: true, unwanted: collect ? true : null }))) return null;
      await insistStopped(desk, [{ ...generation, isCanceled: false }]);
      return { id, outcome: 'requested', message: collect ? REQUESTED_WITH_COLLECT : REQUESTED };
    }
    case 'rendering':
    case 'overdue': {
      if (collect) {
        if (!(await flag(store, id, ['rendering', 'overdue'], { unwanted: true }))) return null;
        return { id, outcome: 'unwanted', message: 'will be billed; not canceled, its video is collected and flagged unwanted' };
      }
      const result = await transition(store, generation, { ...change, from: [state], keepsTask: true, patch: { finishedAt: Date.now(), unwanted: null } });
      if (result.outcome === 'lost' || !(await staysCanceled(desk, generation))) return null;
      return { id, outcome: 'canceled', message: 'canceled; will be billed, since the upstream already works on it' };
    }
    case 'downloading':
      return { id, outcome: 'refused', message: 'paid and ready: it is being downloaded' };
    case 'unresolved':
      return { id, outcome: 'refused', message: `nobody knows whether it was accepted: use \`dailies resolve ${id} --abandon${suffix}\`` };
    case 'canceled':
      return (await staysCanceled(desk, generation)) ? alreadyEnded(generation) : null;
    default:
      return alreadyEnded(generation);
  }
}

export function alreadyEnded({ id, state }: Pick<Generation, 'id' | 'state'>): CancelOutcome {
  return { id, outcome: 'nothing', message: `already ${state}` };
}

/** Whether Redis was rolled back, and nobody has settled yet what the time that is gone may have submitted. */
export async function isOlderCopy({ redis, keys }: Store): Promise<boolean> {
  return (await redis.hexists(keys.pauses, LEDGER_SCOPE)) === 1;
}

const CANCELED_IN_OLDER_COPY = 'canceled; this Redis was rolled back, so it may have been submitted in the time that is gone, and be billed';

/** What a generation costs that was queued when it was canceled. `isOlder`: `isOlderCopy`, as it was just before. */
export function canceledInQueue(generation: Generation, isOlder: boolean): CancelOutcome {
  const price = hasMaybeBilledSubmit(generation) ? 'canceled; nothing more is paid, but an earlier submit may be billed' : 'canceled; nothing was paid';
  return { id: generation.id, outcome: 'canceled', message: isOlder ? CANCELED_IN_OLDER_COPY : price };
}

/** The job of what was canceled in the queue would end as a no-op; removing it only keeps Bull Board tidy, so it may fail. */
export async function removeJob({ queues }: Pick<Desk, 'queues'>, { id, provider, seq }: Generation): Promise<void> {
  await queues.get(submitQueue(provider)).remove(jobId(id, seq)).catch(() => undefined);
}

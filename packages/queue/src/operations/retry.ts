/**
 * Retry, by the rules of the interface. `planRetry` says what a retry of a generation would do and whether it may pay;
 * `retryGeneration` does it. An ambiguous or unresolved one is never sent again from here.
 */
import type { Generation } from '../generation.ts';
import { readGeneration } from '../ledger/read.ts';
import type { Patch } from '../ledger/record.ts';
import { REMOVAL_ENDS_MS } from '../ledger/retention/removal.ts';
import { hasMoved, transition } from '../ledger/transition.ts';
import { handOver } from '../queues/hand-over.ts';
import type { State } from '../states.ts';
import { hasWaitingCancel } from '../waiting-cancel.ts';
import { byPerson } from './by-person.ts';
import { deskWith, type Desk } from './desk.ts';
import { hasOnlyGivenTask } from './given-task.ts';

export type RetryPlan =
  /** A new round: may pay again. */
  | { what: 'submit' }
  /** Polls the task again; never pays. */
  | { what: 'poll' }
  /** Fetches the file again; never pays. */
  | { what: 'fetch' }
  /** Looks whether the file is there and whole; fetches it only when it is not. */
  | { what: 'verify' }
  | { what: 'nothing'; message: string }
  | { what: 'person'; message: string };

/** What is done, if anything is. */
type Retry = Exclude<RetryPlan['what'], 'nothing' | 'person'>;

/** Failure kinds after which the upstream may still have the video. A task that was abandoned may be running, and paid. */
const STILL_THERE = new Set(['missing', 'no_output', 'expired', 'protocol', 'abandoned']);

type Nothing = Extract<RetryPlan, { what: 'nothing' }>;

export const PAST_RETENTION: Nothing = { what: 'nothing', message: 'past its retention: its request is gone; enqueue the prompt under another id' };
const BEING_REMOVED: Nothing = { what: 'nothing', message: 'its files are being removed at this moment, by retention: ask again in a minute' };

/** `suffix`: as of a desk. */
export function planRetry(generation: Generation, suffix = ''): RetryPlan {
  const { id, state, failure, task } = generation;
  switch (state) {
    case 'queued':
    case 'submitting':
    case 'ambiguous':
    case 'rendering':
    case 'downloading':
      return { what: 'nothing', message: `on its way (${state})${hasWaitingCancel(generation) ? ', and a cancel waits' : ''}` };
    case 'succeeded':
      // A removal that a crash has cut short does not count for ever: its files may be there or not.
      if (Date.now() - (generation.filesExpiredAt ?? 0) < REMOVAL_ENDS_MS) return BEING_REMOVED;
      return generation.filesRemovedAt === undefined ? { what: 'verify' } : { what: 'fetch' };
    case 'overdue':
      return { what: 'poll' };
    case 'unresolved':
      return { what: 'person', message: `use \`dailies resolve ${id}${suffix}\`: --resubmit may pay twice, --task TASK adopts a task, --abandon gives up` };
    case 'canceled':
      if (task === undefined && generation.stub === true) return PAST_RETENTION;
      return task === undefined ? { what: 'submit' } : { what: 'poll' };
    case 'failed':
      if (failure?.kind === 'asset') return { what: 'fetch' };
      if (generation.stub === true) return PAST_RETENTION;
      if (failure !== undefined && STILL_THERE.has(failure.kind) && task !== undefined) return { what: 'poll' };
      return paidBeside(generation) ?? { what: 'submit' };
  }
}

/** In words that hold for the command line and for the API. */
function paidBeside(generation: Generation): Nothing | null {
  const own = ownTaskBeside(generation);
  if (own === undefined) return null;
  return { what: 'nothing', message: `paid already: its answer came after all, with the task ${own}; resolve it with that task, and its video is fetched` };
}

/** The stray with which this round was paid: it came after a person had given another task. A person may give it in place of that one. */
export function ownTaskBeside(generation: Generation): string | undefined {
  if (!hasOnlyGivenTask(generation)) return undefined;
  const { strays = [], round } = generation;
  return strays.find((stray) => stray.round === round && stray.outcome !== 'failed' && stray.outcome !== 'gone')?.taskKey;
}

export interface RetryOutcome {
  id: string;
  plan: RetryPlan['what'] | 'unknown';
  done: boolean;
  message: string;
}

export interface RetryOptions {
  /** False: a retry that may pay is refused. */
  mayPay: boolean;
  /** The person named its id, not its batch: an abandoned one is retried only so. */
  byId: boolean;
  /** The seq of the generation when its retry was decided: one that has moved on since is left as it is. */
  seq?: number | undefined;
  /** Whoever calls hands it over, when it is certain that it stays. */
  isHandedOverLater?: boolean;
  /** For `succeeded`: whether its files are whole. Whoever calls knows where they are. */
  verify?: (generation: Generation) => Promise<boolean>;
}

export async function retryGeneration(ledger: Desk, id: string, options: RetryOptions): Promise<RetryOutcome> {
  const desk = await deskWith(ledger, id);
  const generation = desk === null ? null : await readGeneration(desk.store, id);
  if (desk === null || generation === null) return { id, plan: 'unknown', done: false, message: `there is no generation ${id}` };
  const plan = planRetry(generation, desk.suffix);
  const refuse = (message: string): RetryOutcome => ({ id, plan: plan.what, done: false, message });
  if (options.seq !== undefined && options.seq !== generation.seq) return refuse('it changed meanwhile; look again');
  if (plan.what === 'nothing' || plan.what === 'person') return refuse(plan.message);
  const reason = await whyNot(generation, plan.what, options, desk.suffix);
  if (reason !== null) return refuse(reason);

  const change = CHANGES[plan.what];
  const result = await transition(desk.store, generation, {
    from: [generation.state],
    to: change.to,
    by: byPerson(generation.round + (plan.what === 'submit' ? 1 : 0)),
    seq: generation.seq,
    patch: change.patch(generation),
    note: `retried by a person: ${change.note}`,
    slotUntil: Date.now() + 24 * 3_600_000,
    again: plan.what === 'submit',
  });
  if (!hasMoved(result)) return refuse('it changed meanwhile; look again');
  if (options.isHandedOverLater !== true) await handOverAsItIs(desk, id);
  return { id, plan: plan.what, done: true, message: change.note };
}

/** Why what the plan says is not done, although the generation would allow it; null: it is done. */
async function whyNot(generation: Generation, what: Retry, { byId, mayPay, verify }: RetryOptions, suffix = ''): Promise<string | null> {
  const { id, state, failure } = generation;
  if (failure?.kind === 'abandoned' && !byId) return `abandoned by a person: retry it by its id, ${id}`;
  if (state === 'succeeded' && what === 'fetch' && !byId) return `its files were removed by retention: retry it by its id, ${id}`;
  if (what === 'submit' && !mayPay) return 'would be submitted again, which may pay';
  if (what === 'verify' && verify === undefined) return `its file is not checked from here: \`dailies retry ${id}${suffix}\` does that`;
  if (what === 'verify' && (await verify?.(generation)) === true) return 'its file is whole';
  return null;
}

const FORGET: Patch = { failure: null, finishedAt: null, missingSince: null, doubtfulSince: null, badLooks: null, cancelRequested: null, filesExpiredAt: null };
/** It ends when a person has looked after it: that says nothing of how long a video takes. */
const LATE: Patch = { ...FORGET, refetched: true };
export const POLLED_ANEW: Patch = { ...LATE, deadlineAt: null, taskEndedAt: null, polls: 0, quick: null, usualAt: null };

const CHANGES: Record<Retry, { to: State; note: string; patch: (generation: Generation) => Patch }> = {
  submit: { to: 'queued', note: 'submitted again, a new round: may pay', patch: (generation) => newRound(generation) },
  // The deadline counts anew from now.
  poll: { to: 'rendering', note: 'polled again, not submitted', patch: () => POLLED_ANEW },
  fetch: { to: 'downloading', note: 'fetched again', patch: () => ({ ...LATE, filesRemovedAt: null }) },
  verify: { to: 'downloading', note: 'its file is gone or damaged: fetched again', patch: () => LATE },
};

/** Hands a generation over as the ledger has it now: its turn may be another one than its caller has read. */
export async function handOverAsItIs({ store, queues }: Desk, id: string): Promise<void> {
  const generation = await readGeneration(store, id);
  if (generation !== null) await handOver(store, queues, [generation]);
}

/** What a new round must not inherit. The old task stays in the index of tasks: a task belongs to one generation for ever. */
const OF_ONE_ROUND = {
  task: null, taskKey: null, givenTask: null, taskEndedAt: null, assets: null, storing: null, files: null, refetched: null, filesRemovedAt: null,
  clientId: null, nonce: null, sentWith: null, endpointPath: null, sendBy: null, submittedAt: null, deadlineAt: null, ambiguity: null, absences: null,
  absentUntil: null,
  phase: null, percent: null, lastPolledAt: null, blindSince: null, hintAt: null, hintSeen: null, quick: null, usualAt: null,
  offer: null, offerSeen: null, resubmits: null, restored: null, unwanted: null,
} satisfies Patch;

export function newRound(generation: Generation): Patch {
  return { ...FORGET, ...OF_ONE_ROUND, round: generation.round + 1, polls: 0 };
}

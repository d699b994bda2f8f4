/**
 * `transition(generation, from, to, …)`: the only way a generation changes its state. Everything a crash could tear apart is one script
 * (transition-script.ts). It adds no job: the caller whose transition is won hands the generation over (queues/hand-over.ts).
 */
import type { Generation } from '../generation.ts';
import { ARROWS, type State, isTerminal, slotChange } from '../states.ts';
import { shardWith } from '../shards/routing.ts';
import { imageKeysIn } from './images.ts';
import { encodePatch, type Patch } from './record.ts';
import { pauseScopes } from './account/pause-scopes.ts';
import { inOrder } from './script-words.ts';
import { runScript, type Store } from './store.ts';
import { transitionKeys } from './transition-keys.ts';
import { TRANSITION, TRANSITION_WORDS } from './transition-script.ts';

/** The immutable part of a generation: enough to name its keys. */
export type GenerationRef = Pick<Generation, 'id' | 'provider' | 'account' | 'batch' | 'shard'>;

export interface Change {
  from: readonly State[];
  to: State;
  /** `<round>.<delivery>`: a resent call with the same `by` is recognised as its own repetition. */
  by: string;
  /** Only if the hand-over counter still has this value. */
  seq?: number | undefined;
  patch?: Patch | undefined;
  /** For people: why. Goes into the history. */
  note?: string | undefined;
  /** Claims the index "a task belongs to one generation". */
  taskKey?: string | undefined;
  /** The key of the former task, in whose place `taskKey` comes: the former is let go. Only so may it go from rendering to rendering, to be polled anew. */
  insteadOf?: string | undefined;
  /** For canceled: the upstream still works on a task, so the slot stays taken and polls go on. */
  keepsTask?: boolean | undefined;
  /** For submitting: the reservation that becomes the slot, the limits, and when others may judge the intent (milliseconds from now). */
  admission?: { reservation: string; limit: number; limitOfProvider: number; judgeAfterMs: number } | undefined;
  /** Milliseconds since the epoch when the slot ends at the latest. */
  slotUntil?: number | undefined;
  /** The upstream's own word that the task costs nothing and no longer runs: the only way from a paid state back to a submit. */
  endedUnbilled?: boolean | undefined;
  /**
   * For queued: it takes a new turn instead of its old one, in a lane for what is sent again (a person's new round, or after it was proved absent).
   * Whoever hands it over must read it again first, since its turn is another one.
   */
  again?: boolean | undefined;
  /**
   * For canceled: no webhook tells of it, since nobody was told that it had been accepted. A batch that it finishes is told of, if it has other
   * generations too: their owner may have waited for it.
   */
  untold?: boolean | undefined;
  /** A backup of the ledger was restored: what it calls queued may have been submitted since. The only way from queued to ambiguous. */
  afterRestore?: boolean | undefined;
  /** For succeeded: the request, which is never sent again. The stored images in it are let go. */
  sentForGood?: unknown;
}

export type TransitionResult =
  | Moved
  | { outcome: 'lost'; state: State; seq: number }
  | { outcome: 'refused'; reason: Refused }
  | { outcome: 'taken'; owner: string }
  /** A person has said that nobody wants its video, and to collect it: it is not queued again by itself, nor canceled for an earlier wish. */
  | { outcome: 'unwanted' }
  /** For queued: a person's cancel has waited for this. It is canceled instead. */
  | { outcome: 'canceled' }
  | { outcome: 'gone' };

interface Moved {
  outcome: 'won' | 'mine';
  seq: number;
  at: number;
  /** The stream id of its event; empty when only a repetition was answered. */
  event: string;
  /** For queued: its file has dropped it, so it is held, and has no job until it is released. */
  isHeld: boolean;
}

/** Whether the generation has moved by this call, be it that an earlier sending of the same call has moved it. */
export function hasMoved(result: TransitionResult): result is Moved {
  return result.outcome === 'won' || result.outcome === 'mine';
}

/** After `unattended`, `offered` and `held` it has no job until it is released. */
type Refused = 'unattended' | 'offered' | 'held' | 'paused' | 'full';

/**
 * States that need a job of a new seq when they are reached. rendering → overdue → canceled go on with the poll job that they have. What a person
 * retries goes to rendering, and gets a new job: the old one may be minutes away.
 */
const NEED_JOB: readonly State[] = ['queued', 'downloading', 'ambiguous', 'rendering'];

const PAID: readonly State[] = ['rendering', 'overdue'];

export async function transition(ledger: Store, generation: GenerationRef, change: Change): Promise<TransitionResult> {
  const store = shardWith(ledger, generation);
  for (const state of change.from) assertAllowed(state, change);
  const keys = [...transitionKeys(store, generation), ...imageKeysIn(store, change.sentForGood)];
  const words = inOrder(TRANSITION_WORDS, {
    wake: store.keys.wake,
    id: generation.id,
    account: generation.account,
    from: change.from.join(','),
    to: change.to,
    by: change.by,
    expected: change.seq ?? '',
    seqBy: NEED_JOB.includes(change.to) ? '1' : '0',
    slot: slotChange(change.to, change.keepsTask ?? false),
    slotUntil: change.admission?.judgeAfterMs ?? change.slotUntil ?? 0,
    terminal: isTerminal(change.to) && !change.keepsTask ? '1' : '0',
    note: change.note ?? '',
    taskKey: change.taskKey ?? '',
    reservation: change.admission === undefined ? '' : `${generation.provider}:${change.admission.reservation}`,
    limit: change.admission?.limit ?? 0,
    limitOf: change.admission?.limitOfProvider ?? 0,
    scopes: pauseScopes(generation.provider, generation.account).join('\n'),
    mark: store.mark?.() ?? '',
    again: change.again === true ? '1' : '0',
    untold: change.untold === true ? '1' : '0',
    insteadOf: change.insteadOf ?? '',
  });
  const answer = (await runScript(store, TRANSITION, keys, [...words, ...encodePatch(change.patch ?? {})])) as string[];
  const result = readAnswer(answer);
  if (hasMoved(result) || result.outcome === 'canceled') {
    const to = hasMoved(result) ? change.to : 'canceled';
    store.onChange?.({ provider: generation.provider, to, failureKind: change.patch?.failure?.kind ?? null });
  }
  return result;
}

/** Throws where a change is asked for that must never be: that would be a fault of ours. */
function assertAllowed(state: State, change: Change): void {
  const { to } = change;
  const isOtherTask = change.insteadOf !== undefined && state === to;
  if (!ARROWS[state].includes(to) && !isOtherTask) throw new Error(`no arrow from ${state} to ${to}`);
  if (state === 'queued' && to === 'ambiguous' && change.afterRestore !== true) {
    throw new Error('queued was not sent: only a restored backup makes it ambiguous');
  }
  if (to !== 'succeeded' && change.sentForGood !== undefined) throw new Error(`${to} may lead to another submit: it needs its images`);
  if (to === 'queued' && PAID.includes(state) && change.endedUnbilled !== true) {
    throw new Error(`${state} may have been paid: it is not submitted again`);
  }
}

function readAnswer([outcome, first, second, third, fourth]: string[]): TransitionResult {
  switch (outcome) {
    case 'won':
    case 'mine':
      return { outcome, seq: Number(first), at: Number(second), event: third ?? '', isHeld: fourth === '1' };
    case 'lost':
      return { outcome, state: first as State, seq: Number(second) };
    case 'refused':
      return { outcome, reason: first as Refused };
    case 'taken':
      return { outcome, owner: first ?? '' };
    case 'unwanted':
    case 'canceled':
      return { outcome };
    default:
      return { outcome: 'gone' };
  }
}

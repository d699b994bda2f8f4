/**
 * Whether a submit that its look-up calls absent may be sent again. The look-up is known to work by then (the provider's `find`); here stands what
 * else can hide a paid task from it. It must never say yes where one of these is open: a person decides then.
 */
import { type Generation, restedFor } from '@dailies/queue';
import type { Desk, WorkerContext } from '../context.ts';
import { nonceOf } from '../submit/nonce.ts';
import { restAfterEnd } from './look-times.ts';

/**
 * Times that a round is sent again because it was absent: one that the upstream can only ever break on must not go round for ever, and hold the
 * breaker of its account open.
 */
const MOST_ABSENCES = 10;
/** The part of a rest that must have passed since it was written down: that was a little later than what it tells of. */
const WRITTEN_LATE = 0.8;
/** Between the age of a submit by its own time and by that of Redis: an upstream is looked through for some minutes around that time. */
const MOST_APART_MS = 120_000;

/** `contradicted`: doubted, since somebody has told of a task, which the look-up may show later. */
export type Verdict = { kind: 'believed' } | { kind: 'doubted' | 'contradicted'; why: string } | { kind: 'too-early'; ms: number; why: string };

export interface Absence {
  clientId: string;
  nonce: string;
  /** Epoch milliseconds of the intent, by the clock of who sent it. */
  sentAt: number;
  /** Whether the end of the exchange was seen; never after a restored backup. */
  endSeen: boolean;
  /** A callback has named a task, and the upstream has not said that it is another's. */
  isOfferOpen: boolean;
}

export async function judgeAbsence(context: WorkerContext, desk: Desk, generation: Generation, absence: Absence): Promise<Verdict> {
  const contradicted = whatContradictsIt(generation, absence);
  if (contradicted !== null) return { kind: 'contradicted', why: contradicted };
  const hidden = whatHidesIt(desk, generation, absence);
  if (hidden !== null) return { kind: 'doubted', why: hidden };
  const { restedMs, sinceIntentMs } = await restedFor(context.store, generation);
  const early = restOf(context, generation, absence.endSeen) - restedMs;
  if (early > 0) return { kind: 'too-early', ms: early, why: 'not long enough by the clock of Redis: that of who sent it is apart from ours' };
  if (sinceIntentMs !== null && isSentAtKnown(generation)) {
    // The upstream was looked through around the time at which the submit says it was sent. Where that time is wrong, its task is listed at another.
    const apartMs = Math.abs(Date.now() - absence.sentAt - sinceIntentMs);
    if (apartMs > MOST_APART_MS) return { kind: 'doubted', why: 'not found, but the clock of who sent it is minutes apart from ours, or from that of Redis' };
  }
  const { absences = 0 } = generation;
  if (absences >= MOST_ABSENCES) return { kind: 'doubted', why: `sent ${MOST_ABSENCES + 1} times, and each time not answered for, and not found` };
  return { kind: 'believed' };
}

/** Not after a restored backup: it may have been sent at any time since. */
function isSentAtKnown({ ambiguity }: Generation): boolean {
  return ambiguity !== undefined && ambiguity.until === undefined;
}

function whatContradictsIt({ ambiguity }: Generation, { clientId, isOfferOpen }: Absence): string | null {
  // Whoever knows our nonce has had our submit.
  if (isOfferOpen) return 'not found, but a callback has named a task of it, of which the upstream says nothing';
  // Sent again under that name it would be refused again.
  if (ambiguity?.refusedAs !== 'id-used') return null;
  return `not found, but it was refused since a task has its name ${clientId} there already, perhaps of another kind, or under another endpoint path`;
}

function whatHidesIt({ account }: Desk, { ambiguity, endpointPath }: Generation, { clientId, nonce }: Absence): string | null {
  // The nonce is made with the key. Another key may be another account's, which does not show what the first one has.
  if (nonce !== nonceOf(account, clientId)) return 'not found, but the key was changed after it was sent';
  // What has no nonce on record: that of the last submit that a restored backup knows of.
  const { sentAs } = ambiguity ?? {};
  if (sentAs !== undefined && sentAs.nonce !== nonceOf(account, sentAs.clientId)) return 'not found, but the key was changed, and nobody knows with which it was sent';
  // What a restored backup calls queued may have been put back under one path, and sent since under the other; a list shows those of its own path.
  if (ambiguity?.until !== undefined && endpointPath !== undefined && endpointPath !== account.endpointPath) {
    return 'not found, but the endpoint path was changed, and nobody knows under which it was sent';
  }
  return null;
}

/**
 * Who sent it wrote its times by a clock of its own: milliseconds that must have passed by that of Redis. It became ambiguous a little after its end,
 * or, where its owner fell silent, when that was judged.
 */
function restOf(context: WorkerContext, generation: Generation, endSeen: boolean): number {
  const { config } = context;
  return (endSeen ? restAfterEnd(context, generation) : config.settleSilentMs - config.upstreamTimeoutMs) * WRITTEN_LATE;
}

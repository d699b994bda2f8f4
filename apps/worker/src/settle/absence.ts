/**
 * Whether a submit whose look-up says `absent` may be sent again. That the look-up works at all is known by then (the provider's `find` says `absent`
 * for nothing less). Here stands what else can hide a paid task from it: another key, another path, clocks that are apart. Where one of these is
 * possible it must never say yes; a person decides then.
 */
import { type Generation, restedFor } from '@dailies/queue';
import type { Upstream, WorkerContext } from '../context.ts';
import { nonceOf } from '../submit/nonce.ts';
import { restAfterEnd } from './look-times.ts';
import type { Unanswered } from './look-up.ts';
import { opensAccountOf } from './same-account.ts';

/**
 * How often a round may be sent again because it was absent. A request that the upstream breaks on each time must not go round for ever, and hold the
 * breaker of its account open.
 */
const MOST_ABSENCES = 10;
/** The share of a rest that must have passed since `ambiguous` was written. Not all of it: that was written a little later than the end that it tells of. */
const WRITTEN_LATE = 0.8;
/** The most by which the age of a submit may differ between its sender's clock and Redis': a look-up lists tasks of some minutes around the sender's time. */
const MOST_APART_MS = 120_000;

/** What it means that a nonce is not the one that today's key makes. Before that day nonces were drawn at random, and tell nothing of the key. */
const OTHERWISE_MARKED = "with another key than today's, or by a version from before 21 November 2026";

/**
 * `contradicted`: doubted, since a callback or the upstream itself has told of a task, which the look-up may show later. `unanswered`: a further look-up,
 * on which it depends, got no answer.
 */
export type Verdict =
  | { kind: 'believed' }
  | { kind: 'doubted' | 'contradicted'; why: string }
  | { kind: 'unanswered'; how: Unanswered; why: string }
  | { kind: 'too-early'; ms: number; why: string };

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

export async function judgeAbsence(context: WorkerContext, upstream: Upstream, generation: Generation, absence: Absence): Promise<Verdict> {
  const contradicted = whatContradictsIt(generation, absence);
  if (contradicted !== null) return { kind: 'contradicted', why: contradicted };
  const hidden = await whatHidesIt(context, upstream, generation, absence);
  if (hidden !== null) return hidden;
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

/** False after a restored backup: the submit may have been sent at any time since then. */
function isSentAtKnown({ ambiguity }: Generation): boolean {
  return ambiguity !== undefined && ambiguity.until === undefined;
}

function whatContradictsIt({ ambiguity }: Generation, { clientId, isOfferOpen }: Absence): string | null {
  // The callback knew our nonce, so whoever called has had our submit.
  if (isOfferOpen) return 'not found, but a callback has named a task of it, of which the upstream says nothing';
  // The upstream refused the submit for its client id. Sent again under the same client id it would be refused again.
  if (ambiguity?.refusedAs !== 'id-used') return null;
  return `not found, but it was refused since a task has its name ${clientId} there already, perhaps of another kind, or under another endpoint path`;
}

async function whatHidesIt(
  context: WorkerContext,
  upstream: Upstream,
  { ambiguity, endpointPath }: Generation,
  { clientId, nonce }: Absence,
): Promise<Verdict | null> {
  const { account } = upstream;
  // The nonce is made with the key, so it tells whether the key was changed. Another key may be another account's, which does not show the task.
  if (nonce !== nonceOf(account, clientId)) return doubted(`not found, but it was sent ${OTHERWISE_MARKED}`);
  // After a restored backup it may also have been sent as the last submit of its account that the backup knows, with or without a nonce on record.
  const { sentAs } = ambiguity ?? {};
  if (sentAs !== undefined && sentAs.nonce !== nonceOf(account, sentAs.clientId)) {
    const why = `not found, and the last submit that the backup knows was sent ${OTHERWISE_MARKED}`;
    const opens = await opensAccountOf(context, upstream, sentAs);
    if (typeof opens === 'object') return { kind: 'unanswered', how: opens, why };
    if (!opens) return doubted(why);
  }
  // What a restored backup calls queued may have been put back under one path and sent under another since; a list shows the tasks of its own path only.
  const isElsewhere = [endpointPath, sentAs?.endpointPath].some((path) => path !== undefined && path !== account.endpointPath);
  if (ambiguity?.until !== undefined && isElsewhere) {
    return doubted('not found, but the endpoint path was changed, and nobody knows under which it was sent');
  }
  return null;
}

function doubted(why: string): Verdict {
  return { kind: 'doubted', why };
}

/**
 * Milliseconds for which the generation must have been ambiguous by the clock of Redis: the times of the submit are by the clock of its sender, which
 * may be wrong. It became ambiguous a little after the end of its exchange or, where its owner fell silent, when another worker judged its intent.
 */
function restOf(context: WorkerContext, generation: Generation, endSeen: boolean): number {
  const { config } = context;
  return (endSeen ? restAfterEnd(context, generation) : config.settleSilentMs - config.upstreamTimeoutMs) * WRITTEN_LATE;
}

/** One free look, at the upstream, for the task of a submit whose outcome nobody knows. What follows from it the settle step decides. */
import { type Found, ProviderError } from '@dailies/providers';
import { about, type Generation, callbackUrl, lookupsOf } from '@dailies/queue';
import { type Assignment, type Upstream, type WorkerContext, access } from '../context.ts';
import { turnedAway } from './turned-away.ts';

/** A submit that may have reached the upstream, as it was sent. */
export interface SentSubmit {
  clientId: string;
  nonce: string;
  /** Epoch milliseconds of the intent, by the clock of who sent it. */
  sentAt: number;
}

export type Seen = Found | 'absent' | 'unknown' | Unanswered;

export interface Unanswered {
  /**
   * `failed`: the look-up itself got no answer, which says nothing of the task. `turned away`: the upstream refuses the account, and
   * it was paused until a person sets that right. `stopped`: the worker stops.
   */
  unanswered: 'failed' | 'turned away' | 'stopped';
  /** How long the upstream asks to be left alone. */
  retryAfterMs?: number | undefined;
}

export async function lookUp(context: WorkerContext, { upstream, generation }: Omit<Assignment, 'by'>, sent: SentSubmit): Promise<Seen> {
  try {
    const seen = await upstream.provider.find?.(generation.request, {
      access: access(upstream, generation.endpointPath),
      http: context.http,
      signal: context.stopping,
      ...sent,
      sentUntil: generation.ambiguity?.until,
      known: await lookupsOf(context.store, generation.account, lookupName(upstream, generation)),
      inertCallback: upstream.account.inertCallback,
      callbackUrl: callbackUrl(context.config.publicUrl, generation, sent.nonce),
    });
    return seen ?? 'unknown';
  } catch (error) {
    if (!(error instanceof ProviderError)) throw error;
    if (context.stopping.aborted) return { unanswered: 'stopped' };
    if (await turnedAway(context, upstream, generation, error)) return { unanswered: 'turned away' };
    context.log.info({ ...about(generation), kind: error.kind, reason: error.message }, 'the look-up failed');
    return { unanswered: 'failed', retryAfterMs: error.retryAfterMs };
  }
}

/** The name of the look-up that finds such a request. An upstream may have several: that one of them works proves nothing of another. */
export function lookupName({ provider }: Upstream, { request }: Generation): string {
  return provider.lookupOf?.(request) ?? provider.name;
}

export function isUnanswered(seen: Seen): seen is Unanswered {
  return typeof seen === 'object' && 'unanswered' in seen;
}

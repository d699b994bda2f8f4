/**
 * What becomes of a download that brought no file: another try, a fresh link, a wait for a host or an upstream that is away, or, at the end, a person.
 * It never submits, and it never throws a link away.
 */
import type { Asset } from '@dailies/providers';
import { about, type Generation, type Patch, note, transition } from '@dailies/queue';
import type { WorkerContext } from '../context.ts';
import { AssetError } from '../download/asset-error.ts';
import { holdForItsOwn } from './upstream-of.ts';
import { freshLink } from './fresh-link.ts';
import { type StepOutcome, done, failed, wait } from './step-outcome.ts';

/** Tries that brought no file, before the generation fails and a person is asked. A host that is away says nothing about the link, and is not counted. */
const MOST_FETCHES = 10;
/** Tries that ended with a link which we refuse to follow: a fresh link may be a better one, but the third is not. */
const MOST_REFUSALS = 3;
export const LONGEST_PAUSE_MS = 60_000;
/** How long the host, or the upstream that gives fresh links, may be away before a person is asked. */
const MOST_WAITED_MS = 24 * 3_600_000;
/** The most of the time between two tries that counts as waiting: if it was longer, no worker was running. */
const MOST_BETWEEN_MS = 3_600_000;

/** A generation whose download brought no file in this delivery, and why. */
interface Unfetched {
  generation: Generation;
  /** As in `Assignment`. */
  by: string;
  error: AssetError;
}

export async function notFetched(context: WorkerContext, unfetched: Unfetched): Promise<StepOutcome> {
  const { generation, error } = unfetched;
  if (error.cause === 'aborted') return wait(0, 'the worker stops');
  if (error.away) return waitForHost(context, unfetched);
  const fetches = (generation.fetches ?? 0) + 1;
  const hopeless = error.cause === 'too-large' || (error.cause === 'refused' && fetches >= MOST_REFUSALS);
  if (hopeless) return giveUp(context, unfetched);
  // A transfer is cut by the host. Only when that happens again and again may the link be the reason, and a fresh one help.
  const link = error.cause === 'interrupted' && fetches < 3 ? null : await freshLink(context, generation);
  // A dead link says nothing about the video as long as nobody could be asked for another one.
  if (error.cause === 'expired' && link?.kind === 'elsewhere') {
    await holdForItsOwn(context, generation);
    return done('held for a worker of its account');
  }
  if (error.cause === 'expired' && link?.kind === 'unasked') {
    const told = new AssetError('expired', `${error.message} The upstream cannot be asked for a fresh one: ${link.why}`);
    return waitLonger(context, { ...unfetched, error: told });
  }
  if (fetches >= MOST_FETCHES) return giveUp(context, unfetched);
  const fresh = link?.kind === 'given' ? link.assets : null;
  await note(context.store, generation, { fetches, waitedMs: null, triedAt: null, waitsFor: error.message, ...(fresh === null ? {} : { assets: fresh }) });
  const ms = Math.max(error.retryAfterMs ?? 0, Math.min(LONGEST_PAUSE_MS, context.config.download.retryMs * 2 ** (fetches - 1)));
  context.log.info({ ...about(generation), reason: error.message, fetches, freshLink: fresh !== null, ms }, 'not fetched: tries again');
  return wait(ms, error.message);
}

/** The host is away. It may be back in an hour, and the video is paid: meanwhile no tries are counted, only the time. */
async function waitForHost(context: WorkerContext, unfetched: Unfetched): Promise<StepOutcome> {
  const { generation } = unfetched;
  // The host may be gone for good: after a while a fresh link, which may lead to another host, is asked for.
  const link = (generation.waitedMs ?? 0) < 3 * context.config.download.retryMs ? null : await freshLink(context, generation);
  return waitLonger(context, unfetched, link?.kind === 'given' ? link.assets : null);
}

/** `fresh`: a fresh link to try next, where one was given. */
async function waitLonger(context: WorkerContext, unfetched: Unfetched, fresh: Asset[] | null = null): Promise<StepOutcome> {
  const { generation, error } = unfetched;
  const now = Date.now();
  const { waitedMs: before = 0, triedAt = now } = generation;
  const waitedMs = before + Math.min(MOST_BETWEEN_MS, Math.max(0, now - triedAt));
  if (waitedMs >= MOST_WAITED_MS) return giveUp(context, unfetched);
  // As long again as it has waited: each pause is about twice the one before.
  const ms = Math.max(error.retryAfterMs ?? 0, Math.min(LONGEST_PAUSE_MS, Math.max(context.config.download.retryMs, waitedMs)));
  await note(context.store, generation, { waitedMs, triedAt: now, waitsFor: error.message, ...(fresh === null ? {} : { assets: fresh }) });
  context.log.info({ ...about(generation), reason: error.message, waitedMs, freshLink: fresh !== null, ms }, 'away: tries again');
  return wait(ms, error.message);
}

async function giveUp(context: WorkerContext, { generation, by, error }: Unfetched): Promise<StepOutcome> {
  const message = `${error.message} A retry fetches it again and pays nothing.`;
  const failure = { kind: 'asset', message, code: error.cause, retryable: true };
  const patch: Patch = { failure, finishedAt: Date.now(), fetches: null, waitedMs: null, triedAt: null, waitsFor: null };
  await transition(context.store, generation, { from: ['downloading'], to: 'failed', by, seq: generation.seq, patch, note: error.message });
  context.log.error({ ...about(generation), cause: error.cause, reason: error.message }, 'the video is paid and could not be fetched');
  return failed(error.message);
}

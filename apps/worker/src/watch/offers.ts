/**
 * The watch over offers: generations that are unresolved, or queued again, and of which a callback has named a task since. No job polls them, so the
 * upstream is asked about the task here, until it has answered. The task is adopted only where the upstream itself shows our client id or nonce on it.
 * Otherwise an unresolved generation is left to its person, and a queued one, which was held when its turn came, is released.
 */
import { type Generation, note, readGenerations, release, type State } from '@dailies/queue';
import type { Upstream, WorkerContext } from '../context.ts';
import { upstreamHere } from '../steps/upstream-of.ts';
import { adopt } from '../settle/adopt.ts';
import { isOpen, offeredTask } from '../settle/offered-task.ts';

const WATCHED: readonly State[] = ['unresolved', 'queued'];
const PER_PASS = 20;
const ASK_AGAIN_MS = 30_000;
/** How long after the submit the upstream is asked. No callback names the task twice: an outage must neither lose the task nor have it paid for again. */
const ASKED_FOR_MS = 24 * 3_600_000;
/** How long the upstream is asked at least, from the first look on, however long ago the submit was: no worker may have run for days. */
const ASKED_AT_LEAST_MS = 3_600_000;

interface Asked {
  /** The seq of the generation at the first look. While it is the same, further offers do not begin the time anew: anybody could send a flood of them. */
  seq: number;
  /** Epoch milliseconds of the first look. */
  since: number;
  restUntil: number;
}

interface OpenOffer {
  found: 'missing' | 'unanswered';
  /** Epoch milliseconds of the first look. */
  since: number;
  /** Epoch milliseconds of the submit. */
  sentAt: number;
}

export function createOfferWatch(context: WorkerContext): () => Promise<void> {
  const { store } = context;
  const asked = new Map<string, Asked>();

  async function take(id: string, generation: Generation | null): Promise<void> {
    // It is about to be unresolved: `markUnresolved` tells this watch before it changes the state.
    if (generation?.state === 'ambiguous') return;
    if (generation !== null && WATCHED.includes(generation.state)) {
      const upstream = upstreamHere(context, generation);
      // A worker of its account asks.
      if (upstream === null) return;
      const before = asked.get(id);
      const since = before?.seq === generation.seq ? before.since : Date.now();
      asked.set(id, { seq: generation.seq, since, restUntil: Date.now() + ASK_AGAIN_MS });
      if (!(await isAnswered(context, upstream, generation, since))) return;
      await letGo(context, generation);
    }
    await store.redis.srem(store.keys.offered, id);
    asked.delete(id);
    // A callback may have named another task meanwhile: then there is a new offer to ask about.
    if (generation === null || !WATCHED.includes(generation.state)) return;
    const offer = await store.redis.hget(store.keys.generation(id), 'offer');
    if (offer !== null && offer !== generation.offer) await store.redis.sadd(store.keys.offered, id);
  }

  return async () => {
    // Another worker may have dealt with an offer: it must not be remembered for ever.
    for (const [id, { restUntil }] of asked) if (restUntil + ASKED_FOR_MS <= Date.now()) asked.delete(id);
    const ids = (await store.redis.srandmember(store.keys.offered, PER_PASS)).filter((id) => (asked.get(id)?.restUntil ?? 0) <= Date.now());
    // All at the same time: an upstream that does not answer must not hold up what waits for another one.
    const generations = await readGenerations(store, ids);
    await Promise.all(generations.map((generation, at) => take(ids[at] ?? '', generation)));
  };
}

/**
 * Releases a queued generation, so that it is submitted when its turn comes. Should this process stop between the two writes, the watch over held
 * generations brings it here again. `quick` counts the offer as one of the few that may put the submit off.
 */
async function letGo({ store, queues }: WorkerContext, generation: Generation): Promise<void> {
  if (generation.state !== 'queued') return;
  const { offer, quick = 0 } = generation;
  if (offer !== undefined) await note(store, generation, { offerSeen: offer, quick: quick + 1 });
  await release(store, queues, [generation.id], ['offered']);
}

/** Whether nothing more is to be asked about the offer. */
async function isAnswered(context: WorkerContext, upstream: Upstream, generation: Generation, since: number): Promise<boolean> {
  // This was answered before, and a crash came before the release.
  if (generation.held === 'offered' && generation.offer === generation.offerSeen) return true;
  const sentAt = generation.ambiguity?.sentAt ?? generation.sendBy ?? generation.createdAt;
  const found = await offeredTask(context, upstream, generation, true);
  if (isOpen(found)) return !context.stopping.aborted && isInVain(upstream, generation, { found, since, sentAt });
  const assignment = { upstream, generation, by: `${generation.round}.offer-${generation.seq}` };
  if (found !== null) await adopt(context, assignment, { found, sentAt, namedBy: 'callback' });
  return true;
}

/**
 * Whether the upstream was asked for long enough, without an answer. A queued generation waits meanwhile: a false offer must not hold it for longer than
 * a new task may be unknown to its upstream.
 */
function isInVain({ settings }: Upstream, { state }: Generation, { found, since, sentAt }: OpenOffer): boolean {
  if (state === 'queued' && found === 'missing') return Date.now() >= since + settings.pace.missingGraceMs;
  return Date.now() >= Math.max(since + ASKED_AT_LEAST_MS, sentAt + ASKED_FOR_MS);
}

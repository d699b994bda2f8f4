/**
 * The watch over offers: a generation that is unresolved, or queued again, and of which a callback has named the task since. Nothing polls it, so it
 * is looked at here, until the upstream has answered; adopted only when the upstream itself shows our mark on that task. Else an unresolved
 * one is left to its person, and one that is queued, and was held when its turn came, is submitted.
 */
import { type Generation, note, readGenerations, release, type State } from '@dailies/queue';
import type { Desk, WorkerContext } from '../context.ts';
import { deskHere } from '../steps/desk-of.ts';
import { adopt } from '../settle/adopt.ts';
import { isOpen, offeredTask } from '../settle/offered-task.ts';

const WATCHED: readonly State[] = ['unresolved', 'queued'];
const PER_PASS = 20;
const ASK_AGAIN_MS = 30_000;
/** After its submit. Nobody names the task a second time: an outage of the upstream must not lose it, nor have it sent again. */
const ASKED_FOR_MS = 24 * 3_600_000;
/** Since the first look after a start, however long ago it was sent: nobody may have asked for days. */
const ASKED_AT_LEAST_MS = 3_600_000;

interface Asked {
  /** The stay that it was asked about in: a flood of names must not begin it anew. */
  seq: number;
  since: number;
  restUntil: number;
}

interface OpenOffer {
  found: 'missing' | 'unanswered';
  /** Epoch milliseconds of the first look in this stay. */
  since: number;
  /** Epoch milliseconds of the submit. */
  sentAt: number;
}

export function createOfferWatch(context: WorkerContext): () => Promise<void> {
  const { store } = context;
  const asked = new Map<string, Asked>();

  async function take(id: string, generation: Generation | null): Promise<void> {
    // About to be unresolved: whoever looks it up has told us first.
    if (generation?.state === 'ambiguous') return;
    if (generation !== null && WATCHED.includes(generation.state)) {
      const desk = deskHere(context, generation);
      // Whoever has its account looks at it.
      if (desk === null) return;
      const before = asked.get(id);
      const since = before?.seq === generation.seq ? before.since : Date.now();
      asked.set(id, { seq: generation.seq, since, restUntil: Date.now() + ASK_AGAIN_MS });
      if (!(await isAnswered(context, desk, generation, since))) return;
      await letGo(context, generation);
    }
    await store.redis.srem(store.keys.offered, id);
    asked.delete(id);
    // Another task may have been named meanwhile.
    if (generation === null || !WATCHED.includes(generation.state)) return;
    const offer = await store.redis.hget(store.keys.generation(id), 'offer');
    if (offer !== null && offer !== generation.offer) await store.redis.sadd(store.keys.offered, id);
  }

  return async () => {
    // Another worker may have ended it.
    for (const [id, { restUntil }] of asked) if (restUntil + ASKED_FOR_MS <= Date.now()) asked.delete(id);
    const ids = (await store.redis.srandmember(store.keys.offered, PER_PASS)).filter((id) => (asked.get(id)?.restUntil ?? 0) <= Date.now());
    // Beside each other: an upstream that does not answer holds up none that waits for another.
    const generations = await readGenerations(store, ids);
    await Promise.all(generations.map((generation, at) => take(ids[at] ?? '', generation)));
  };
}

/**
 * A queued one is released for its turn. Should this process stop between the two writes, the watch over what is held brings it here again. A named
 * task that the upstream said nothing of counts as one of the few that may put a submit off.
 */
async function letGo({ store, queues }: WorkerContext, generation: Generation): Promise<void> {
  if (generation.state !== 'queued') return;
  const { offer, quick = 0 } = generation;
  if (offer !== undefined) await note(store, generation, { offerSeen: offer, quick: quick + 1 });
  await release(store, queues, [generation.id], ['offered']);
}

/** Whether nothing more is to be asked about what was offered. */
async function isAnswered(context: WorkerContext, desk: Desk, generation: Generation, since: number): Promise<boolean> {
  // Said already, and cut short before its release.
  if (generation.held === 'offered' && generation.offer === generation.offerSeen) return true;
  const sentAt = generation.ambiguity?.sentAt ?? generation.sendBy ?? generation.createdAt;
  const found = await offeredTask(context, desk, generation, true);
  if (isOpen(found)) return !context.stopping.aborted && isInVain(desk, generation, { found, since, sentAt });
  const assignment = { desk, generation, by: `${generation.round}.offer-${generation.seq}` };
  if (found !== null) await adopt(context, assignment, { found, sentAt, namedBy: 'callback' });
  return true;
}

/** What is queued waits for the answer: a false name must not hold it for longer than a task may be new to its upstream. */
function isInVain({ settings }: Desk, { state }: Generation, { found, since, sentAt }: OpenOffer): boolean {
  if (state === 'queued' && found === 'missing') return Date.now() >= since + settings.pace.missingGraceMs;
  return Date.now() >= Math.max(since + ASKED_AT_LEAST_MS, sentAt + ASKED_FOR_MS);
}

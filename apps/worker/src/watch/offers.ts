/**
 * The watch over offers: an unresolved generation of which a callback has named the task since. Nothing polls it, so it is looked at here,
 * until the upstream has answered; adopted only when the upstream itself shows our mark on that task, and else left to its person.
 */
import { type Generation, readGenerations } from '@dailies/queue';
import type { WorkerContext } from '../context.ts';
import { deskOf } from '../steps/desk-of.ts';
import { offeredTask } from '../steps/offered-task.ts';
import { adopt } from '../steps/settle.ts';

const PER_PASS = 20;
const ASK_AGAIN_MS = 30_000;
/** After its submit. Nobody names the task a second time: an outage of the upstream must not lose it. */
const ASKED_FOR_MS = 24 * 3_600_000;

export function createOfferWatch(context: WorkerContext): () => Promise<void> {
  const { config, store } = context;
  const restUntil = new Map<string, number>();

  async function take(id: string, generation: Generation | null): Promise<void> {
    if (generation?.state === 'unresolved') {
      // Whoever has its account looks at it.
      if (config.providers[generation.provider].account?.id !== generation.account) return;
      restUntil.set(id, Date.now() + ASK_AGAIN_MS);
      if (!(await isAnswered(context, generation))) return;
    }
    await store.redis.srem(store.keys.offered, id);
    restUntil.delete(id);
    // Another task may have been named meanwhile.
    const offer = await store.redis.hget(store.keys.generation(id), 'offer');
    if (generation?.state === 'unresolved' && offer !== null && offer !== generation.offer) await store.redis.sadd(store.keys.offered, id);
  }

  return async () => {
    for (const [id, until] of restUntil) if (until <= Date.now()) restUntil.delete(id);
    const ids = (await store.redis.srandmember(store.keys.offered, PER_PASS)).filter((id) => !restUntil.has(id));
    for (const [at, generation] of (await readGenerations(store, ids)).entries()) await take(ids[at] ?? '', generation);
  };
}

/** Whether nothing more is to be asked about what was offered. */
async function isAnswered(context: WorkerContext, generation: Generation): Promise<boolean> {
  const desk = await deskOf(context, generation);
  if (desk === null) return true;
  const sentAt = generation.ambiguity?.sentAt ?? generation.createdAt;
  const found = await offeredTask(context, desk, generation);
  if (found === 'unanswered') return !context.stopping.aborted && Date.now() >= sentAt + ASKED_FOR_MS;
  if (found !== null) await adopt(context, desk, generation, `${generation.round}.offer-${generation.seq}`, found, sentAt, 'by callback');
  return true;
}

/**
 * The watch over offers: a generation that is unresolved, or queued again, and of which a callback has named the task since. Nothing polls it, so it
 * is looked at here, until the upstream has answered; adopted only when the upstream itself shows our mark on that task. Else an unresolved
 * one is left to its person, and one that is queued is submitted in its turn.
 */
import { type Generation, readGenerations, type State } from '@dailies/queue';
import type { WorkerContext } from '../context.ts';
import { deskOf } from '../steps/desk-of.ts';
import { offeredTask } from '../steps/offered-task.ts';
import { adopt } from '../steps/settle.ts';

const WATCHED: readonly State[] = ['unresolved', 'queued'];
const PER_PASS = 20;
const ASK_AGAIN_MS = 30_000;
/** After its submit. Nobody names the task a second time: an outage of the upstream must not lose it. */
const ASKED_FOR_MS = 24 * 3_600_000;

export function createOfferWatch(context: WorkerContext): () => Promise<void> {
  const { config, store } = context;
  const restUntil = new Map<string, number>();

  async function take(id: string, generation: Generation | null): Promise<void> {
    if (generation !== null && WATCHED.includes(generation.state)) {
      // Whoever has its account looks at it.
      if (config.providers[generation.provider].account?.id !== generation.account) return;
      restUntil.set(id, Date.now() + ASK_AGAIN_MS);
      if (!(await isAnswered(context, generation))) return;
    }
    await store.redis.srem(store.keys.offered, id);
    restUntil.delete(id);
    // Another task may have been named meanwhile.
    const offer = await store.redis.hget(store.keys.generation(id), 'offer');
    if (generation !== null && WATCHED.includes(generation.state) && offer !== null && offer !== generation.offer) await store.redis.sadd(store.keys.offered, id);
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
  const sentAt = generation.ambiguity?.sentAt ?? generation.sendBy ?? generation.createdAt;
  const found = await offeredTask(context, desk, generation);
  if (found === 'unanswered') return !context.stopping.aborted && Date.now() >= sentAt + ASKED_FOR_MS;
  if (found !== null) await adopt(context, desk, generation, `${generation.round}.offer-${generation.seq}`, found, sentAt, 'by callback');
  return true;
}

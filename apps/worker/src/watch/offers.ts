/**
 * The watch over offers: an unresolved generation of which a callback has named the task since. Nothing polls it, so it is looked at here,
 * once for each offer; adopted only when the upstream itself shows our mark on that task, and else left to its person.
 */
import { readGenerations } from '@dailies/queue';
import type { WorkerContext } from '../context.ts';
import { deskOf } from '../steps/desk-of.ts';
import { offeredTask } from '../steps/offered-task.ts';
import { adopt } from '../steps/settle.ts';

const PER_PASS = 20;

export async function takeOffers(context: WorkerContext): Promise<void> {
  const { config, store } = context;
  const ids = await store.redis.srandmember(store.keys.offered, PER_PASS);
  for (const [at, generation] of (await readGenerations(store, ids)).entries()) {
    // Whoever has its account looks at it.
    if (generation?.state === 'unresolved' && config.providers[generation.provider].account?.id !== generation.account) continue;
    await store.redis.srem(store.keys.offered, ids[at] ?? '');
    if (generation?.state !== 'unresolved') continue;
    const desk = await deskOf(context, generation);
    const found = desk === null ? null : await offeredTask(context, desk, generation);
    if (desk === null || found === null) continue;
    await adopt(context, desk, generation, `${generation.round}.offer-${generation.seq}`, found, generation.ambiguity?.sentAt ?? generation.createdAt, 'by callback');
  }
}

/**
 * Queued generations of a batch that its file no longer has: a person took those lines out, so they are not paid for. They are held
 * until a file has them again, and listed; `--prune` cancels them. What is already on its way goes on: it is paid.
 */
import { batchIds, cancelGeneration, hold, readGenerations, type Desk, type Generation } from '@dailies/queue';

export interface Dropped {
  id: string;
  title: string;
  outcome: 'held' | 'canceled';
}

const PAGE = 500;

export async function dropOthers(desk: Desk, batch: string, kept: ReadonlySet<string>, prune: boolean): Promise<Dropped[]> {
  const others = (await batchIds(desk.store, batch)).filter((id) => !kept.has(id));
  const dropped: Dropped[] = [];
  for (let at = 0; at < others.length; at += PAGE) {
    for (const generation of await readGenerations(desk.store, others.slice(at, at + PAGE))) {
      if (generation?.state !== 'queued') continue;
      const outcome = await drop(desk, generation, prune);
      if (outcome !== null) dropped.push({ id: generation.id, title: generation.ask.prompt ?? generation.ask.image ?? '', outcome });
    }
  }
  return dropped;
}

/** Null: it left the queue before us. */
async function drop(desk: Desk, generation: Generation, prune: boolean): Promise<Dropped['outcome'] | null> {
  if (prune) return (await cancelGeneration(desk, generation.id)).outcome === 'canceled' ? 'canceled' : null;
  if (generation.held === 'dropped') return 'held';
  return (await hold(desk.store, generation, 'dropped')) ? 'held' : null;
}

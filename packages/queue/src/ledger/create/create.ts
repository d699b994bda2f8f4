/**
 * Accepting generations: all of them or none. Up to 250 at once are created and sealed by one script; more are written in chunks under an
 * unsealed intake, invisible to everybody, and sealed by one write. Existing ones of the same fingerprint are known, not created again.
 *
 * On create each gets its fair turn (fair-turns-script.ts).
 */
import { createAcross } from './create-across.ts';
import { chunked } from '../../chunked.ts';
import { AHEAD, CHUNK, createChunk, createdOf, latestOf, openIntake } from './create-chunk.ts';
import { ABANDON, SEAL, SEAL_WORDS } from './sealing-script.ts';
import type { Created, CreateResult, Intake, NewGeneration } from './intake.ts';
import { idsOf } from './settle-intakes.ts';
import { inOrder } from '../script-words.ts';
import { OtherShards } from '../shard-count.ts';
import { runScript, type Store } from '../store.ts';
import { takenIds } from './taken-ids.ts';

export async function createGenerations(store: Store, given: Intake): Promise<CreateResult> {
  // An id that is given twice is one generation. The scripts see one chunk at a time, so they would create it again in a later chunk.
  const items = new Map<string, NewGeneration>();
  const again: string[] = [];
  for (const item of given.items) {
    if (items.has(item.id)) again.push(item.id);
    else items.set(item.id, item);
  }
  const intake = { ...given, items: [...items.values()] };
  const result = await (store.shards.length > 1 ? createAcross(store, intake) : createHere(store, intake));
  if (result.outcome === 'accepted') return { ...result, known: [...result.known, ...again] };
  if (result.outcome !== 'conflict') return result;
  // The conflicts known so far are those of one chunk or one shard: the caller is told all of them.
  return { ...result, ids: [...new Set([...result.ids, ...(await takenIds(store, intake.items))])] };
}

async function createHere(store: Store, intake: Intake): Promise<CreateResult> {
  const chunks = chunked(intake.items, CHUNK);
  const sealNow = chunks.length <= 1;
  const opened = openIntake(store, intake);
  const fresh: Created[] = [];
  const known: string[] = [];
  const under = new Map<number, Promise<string[]>>();
  const latest = await latestOf(store, intake);
  for (const [at, chunk] of chunks.entries()) {
    for (let next = at; next < Math.min(at + AHEAD, chunks.length); next += 1) {
      if (under.has(next)) continue;
      const written = createChunk(store, chunks[next] ?? [], { intake, opened, ...(sealNow ? { seal: 'now', latest } : { seal: 'later', latest: 0 }) });
      // A later chunk may fail before an earlier one has answered: its error is thrown when its turn comes.
      written.catch(() => undefined);
      under.set(next, written);
    }
    const [outcome, ...rest] = (await settled(under, at)) ?? [];
    if (outcome !== 'accepted') {
      await Promise.allSettled(under.values());
      if (outcome === 'shards') throw new OtherShards(1, Number(rest[0]));
      if (!sealNow) await abandon(store, intake, opened.token);
      return outcome === 'conflict' || outcome === 'other' ? { outcome, ids: rest } : { outcome: 'busy' };
    }
    for (const [place, created] of createdOf(chunk, rest).entries()) {
      if (created === null) known.push(chunk[place]?.id ?? '');
      else fresh.push(created);
    }
  }
  if (!sealNow) {
    const ids = await idsOf(store, opened.token);
    const written = new Set(ids);
    const keys = [...opened.keys, ...ids.map(store.keys.generation)];
    // A process that slept between two chunks may have only the later ones left: the others were taken away (drop-unsealed.ts).
    const isWhole = fresh.every(({ item }) => written.has(item.id));
    if (!isWhole || (await runScript(store, SEAL, keys, [...opened.args, ...inOrder(SEAL_WORDS, { latest: await latestOf(store, intake) })])) === 0) {
      await abandon(store, intake, opened.token);
      return { outcome: 'busy' };
    }
  }
  return { outcome: 'accepted', created: fresh.map(({ item }) => item.id), known, fresh };
}

/** The answer of a chunk. When it fails, the chunks that are still on their way are awaited first. */
async function settled(under: Map<number, Promise<string[]>>, at: number): Promise<string[] | undefined> {
  try {
    return await under.get(at);
  } catch (error) {
    await Promise.allSettled(under.values());
    throw error;
  }
}

async function abandon(store: Store, { batch }: Intake, token: string): Promise<void> {
  const { keys } = store;
  const ids = await idsOf(store, token);
  await runScript(store, ABANDON, [keys.batch(batch), keys.all, keys.intakes, keys.intake(token), ...ids.map(keys.generation)], [token, batch ?? '', ...ids]);
}

/**
 * Looks up the new ids of an intake in all other shards: an id is one generation's whatever shard it is in. Tells as well what each shard has of the
 * batch. It changes nothing.
 */
import { chunked } from '../../chunked.ts';
import { shardOf } from '../../shards/routing.ts';
import { LOOK } from './create-across-script.ts';
import type { Created, Intake } from './intake.ts';
import { runScript, type Store } from '../store.ts';

export interface LookedUp {
  /** Ids that another shard has with the same request. */
  known: Set<string>;
  /** Ids that another shard has with another request. */
  conflicts: string[];
  contested: Contested[];
  /** Of the batch, over all shards. */
  lastPosition: number;
  /** Numbers of the shards that list the batch, and of those that have a part of it. */
  listedAt: Set<number>;
  withParts: Set<number>;
}

/** Another intake, not sealed yet, holds an id in this shard. */
export interface Contested {
  shard: Store;
  token: string;
  /** How long ago it wrote there. */
  ageMs: number;
}

const AT_ONCE = 2_000;

export async function lookUp(store: Store, { batch }: Intake, fresh: readonly Created[]): Promise<LookedUp> {
  const found: LookedUp = { known: new Set(), conflicts: [], contested: [], lastPosition: 0, listedAt: new Set(), withParts: new Set() };
  await Promise.all(
    store.shards.map(async (shard) => {
      const items = fresh.map(({ item }) => item).filter(({ account }) => shardOf(store, account) !== shard);
      // A shard is also asked about the batch where no id is looked up in it.
      for (const some of items.length === 0 ? [[]] : chunked(items, AT_ONCE)) {
        const { keys } = shard;
        const ofBatch = [keys.batchItems(batch), keys.batch(batch), keys.batches];
        const keyList = [keys.all, keys.intakes, ...ofBatch, ...some.map(({ id }) => keys.generation(id))];
        const [last, listed, part, ...states] = (await runScript(shard, LOOK, keyList, [batch ?? '', ...some.map(({ id }) => id)])) as string[];
        found.lastPosition = Math.max(found.lastPosition, Number(last));
        if (listed === '1') found.listedAt.add(shard.number);
        if (part === '1') found.withParts.add(shard.number);
        for (const [at, item] of some.entries()) {
          const state = readState(states[at] ?? '');
          if (state.is === 'accepted' && state.fingerprint === item.fingerprint) found.known.add(item.id);
          if (state.is === 'accepted' && state.fingerprint !== item.fingerprint) found.conflicts.push(item.id);
          if (state.is === 'pending') found.contested.push({ shard, token: state.token, ageMs: state.ageMs });
        }
      }
    }),
  );
  return found;
}

type IdState = { is: 'accepted'; fingerprint: string } | { is: 'pending'; token: string; ageMs: number } | { is: 'absent' };

/** How LOOK writes what a shard has of an id. */
function readState(word: string): IdState {
  if (word.startsWith('f')) return { is: 'accepted', fingerprint: word.slice(1) };
  const [, token, age] = /^p(.+)\|(-?\d+)$/.exec(word) ?? [];
  return token === undefined ? { is: 'absent' } : { is: 'pending', token, ageMs: Number(age) };
}

/**
 * In which shards generations are, by their ids alone. Only the index of what was accepted counts: a record that is not in it is of an intake that is not
 * through. With one shard Redis is not asked.
 */
import type { Store } from '../ledger/store.ts';

/** The shard of each id, in the order of the ids; null: no shard has it. */
export async function locate(store: Store, ids: readonly string[]): Promise<(Store | null)[]> {
  if (store.shards.length === 1) return ids.map(() => store);
  const known = await Promise.all(store.shards.map((shard) => knownIds(shard, ids)));
  return ids.map((_, at) => store.shards.find((_shard, number) => known[number]?.[at] === true) ?? null);
}

/** The shard that has a generation; null: no shard has it. */
export async function locateOne(store: Store, id: string): Promise<Store | null> {
  return (await locate(store, [id]))[0] ?? null;
}

/** Asks each shard for its own of these ids, all at once; the answers in the order of the ids, `absent` where no shard has one. */
export async function fromShards<Answer>(
  store: Store,
  ids: readonly string[],
  ask: (shard: Store, ids: readonly string[]) => Promise<Answer[]>,
  absent: Answer,
): Promise<Answer[]> {
  if (store.shards.length === 1) return ask(store, ids);
  const answers: Answer[] = ids.map(() => absent);
  const groups = await placesByShard(store, ids);
  await Promise.all(
    [...groups].map(async ([shard, places]) => {
      const found = await ask(shard, places.map((place) => ids[place] ?? ''));
      places.forEach((place, at) => {
        answers[place] = found[at] ?? absent;
      });
    }),
  );
  return answers;
}

/** The ids by the shard that has them. */
export async function idsByShard(store: Store, ids: readonly string[]): Promise<Map<Store, string[]>> {
  const groups = await placesByShard(store, ids);
  return new Map([...groups].map(([shard, places]) => [shard, places.map((place) => ids[place] ?? '')]));
}

/** Positions in `ids`, by the shard that has them. */
async function placesByShard(store: Store, ids: readonly string[]): Promise<Map<Store, number[]>> {
  const groups = new Map<Store, number[]>();
  for (const [place, shard] of (await locate(store, ids)).entries()) {
    if (shard === null) continue;
    const places = groups.get(shard);
    if (places === undefined) groups.set(shard, [place]);
    else places.push(place);
  }
  return groups;
}

/** Of each id whether this shard has it. */
export async function knownIds({ redis, keys }: Store, ids: readonly string[]): Promise<boolean[]> {
  if (ids.length === 0) return [];
  const scores = await redis.zmscore(keys.all, ...ids);
  return scores.map((score) => score !== null);
}

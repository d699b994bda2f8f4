/** Which ids of an intake stand for another request already: all of them, so that whoever brings them can mend them in one go. */
import { chunked } from '../../chunked.ts';
import { answersOf } from '../../redis/answers.ts';
import { fromShards } from '../../shards/locate.ts';
import type { NewGeneration } from './intake.ts';
import type { Store } from '../store.ts';

const PAGE = 1_000;

export async function takenIds(store: Store, items: readonly Pick<NewGeneration, 'id' | 'fingerprint'>[]): Promise<string[]> {
  const taken: string[] = [];
  for (const page of chunked(items, PAGE)) {
    const found = await fromShards(store, page.map(({ id }) => id), fingerprintsHere, null);
    taken.push(...page.flatMap(({ id, fingerprint }, at) => (found[at] == null || found[at] === fingerprint ? [] : [id])));
  }
  return taken;
}

/** Only what is in the index is accepted; a record that is not in it is of an intake that is not through. */
async function fingerprintsHere({ redis, keys }: Store, ids: readonly string[]): Promise<(string | null)[]> {
  const pipeline = redis.pipeline();
  for (const id of ids) pipeline.zscore(keys.all, id).hget(keys.generation(id), 'fingerprint');
  const answers = (await answersOf(pipeline)) as (string | null)[];
  return ids.map((_id, at) => (answers[2 * at] === null ? null : (answers[2 * at + 1] ?? null)));
}

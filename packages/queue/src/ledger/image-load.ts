/**
 * How much of Redis the stored images take: they are the only large thing that a generation leaves there, and those of what failed or was
 * canceled stay for a retry. Looks through the names of all keys, for a person who asks; nothing that repeats may. Changes nothing.
 */
import { Cluster, type Redis } from 'ioredis';
import { answersOf } from '../redis/answers.ts';
import type { Store } from './store.ts';

export interface ImageLoad {
  count: number;
  bytes: number;
  /** False: there are more keys than are looked through. */
  isWhole: boolean;
}

const PAGE = 1_000;
const MOST_PAGES = 2_000;

export async function imageLoad(store: Store): Promise<ImageLoad> {
  const { redis } = store;
  const prefixes = store.shards.map(({ keys }) => keys.image(''));
  const masters = redis instanceof Cluster ? redis.nodes('master') : [redis];
  const found = await Promise.all(masters.map((master) => loadOf(master, prefixes)));
  return found.reduce((sum, one) => ({ count: sum.count + one.count, bytes: sum.bytes + one.bytes, isWhole: sum.isWhole && one.isWhole }));
}

async function loadOf(master: Redis, prefixes: readonly string[]): Promise<ImageLoad> {
  // Shards differ in their hash tag alone.
  const [first = ''] = prefixes;
  const end = first.slice(first.indexOf('}') + 1);
  const seen = new Set<string>();
  let bytes = 0;
  let cursor = '0';
  for (let page = 0; page < MOST_PAGES; page += 1) {
    const [next, names] = await master.scan(cursor, 'MATCH', `*}${end}*`, 'COUNT', PAGE);
    // A scan may bring a key twice.
    const images = names.filter((name) => !seen.has(name) && prefixes.some((prefix) => name.startsWith(prefix)));
    const pipeline = master.pipeline();
    for (const name of images) pipeline.hstrlen(name, 'bytes');
    for (const length of await answersOf(pipeline)) bytes += Number(length);
    for (const name of images) seen.add(name);
    cursor = next;
    if (cursor === '0') return { count: seen.size, bytes, isWhole: true };
  }
  return { count: seen.size, bytes, isWhole: false };
}

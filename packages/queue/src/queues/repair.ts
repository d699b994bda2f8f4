/**
 * The small repair of every start: whatever the ledger says is on its way, and has no job of its current seq that will still run,
 * gets one; a waiting submit that a crash left at another place than its turn's is put there. A job in `completed` or `failed` never runs again, so it does not count. Compare-and-set on seq keeps a stale repair harmless.
 */
import { randomUUID } from 'node:crypto';
import type { ProviderName } from '@dailies/providers';
import type { Generation } from '../generation.ts';
import { type Places, readPlaces } from '../ledger/places.ts';
import { readGenerations } from '../ledger/read.ts';
import { script } from '../ledger/script.ts';
import { runScript, type Store } from '../ledger/store.ts';
import { idsByShard } from '../shards/locate.ts';
import { handOver, jobKind, putInPlace, queueFor } from './hand-over.ts';
import { jobId, submitPriority } from './names.ts';
import type { Queues } from './queues.ts';

const PAGE = 500;

/** Repairs these generations, or everything alive. Answers how many got a new job. Held ones keep waiting for who may go on with them. */
export async function repair(store: Store, queues: Queues, ids?: readonly string[]): Promise<number> {
  if (store.shards.length === 1) return repairHere(store, queues, ids);
  return sumOver(store, ids, (shard, some) => repairHere(shard, queues.of(shard.number), some));
}

/** Each shard with its own of the ids, or with all that it has. */
async function sumOver(store: Store, ids: readonly string[] | undefined, act: (shard: Store, ids: readonly string[] | undefined) => Promise<number>): Promise<number> {
  const groups = ids === undefined ? store.shards.map((shard) => [shard, undefined] as const) : [...(await idsByShard(store, ids))];
  const counts = await Promise.all(groups.map(([shard, some]) => act(shard, some)));
  return counts.reduce((sum, count) => sum + count, 0);
}

async function repairHere(store: Store, queues: Queues, ids?: readonly string[]): Promise<number> {
  let repaired = 0;
  const all = ids ?? (await store.redis.zrange(store.keys.live, '0', '-1'));
  for (let at = 0; at < all.length; at += PAGE) {
    const page = await readGenerations(store, all.slice(at, at + PAGE));
    const { jobless, waiting } = await jobsOf(store, page.filter((one): one is Generation => one !== null && one.held === undefined));
    repaired += await giveJobs(store, queues, jobless);
    await putInPlace(store, queues, await displaced(store, waiting));
  }
  return repaired;
}

/** Ends the hold of these generations, where they are held, and hands them over. */
export async function release(store: Store, queues: Queues, ids: readonly string[], reasons: readonly string[]): Promise<number> {
  if (store.shards.length === 1) return releaseHere(store, queues, ids, reasons);
  return sumOver(store, ids, (shard, some) => releaseHere(shard, queues.of(shard.number), some ?? [], reasons));
}

async function releaseHere(store: Store, queues: Queues, ids: readonly string[], reasons: readonly string[]): Promise<number> {
  let released = 0;
  for (let at = 0; at < ids.length; at += PAGE) {
    const page = await readGenerations(store, ids.slice(at, at + PAGE));
    const held = page.filter((one): one is Generation => one?.held !== undefined && reasons.includes(one.held));
    released += await giveJobs(store, queues, held);
  }
  return released;
}

async function giveJobs(store: Store, queues: Queues, generations: readonly Generation[]): Promise<number> {
  const by = randomUUID();
  const renewed: Generation[] = [];
  for (const generation of generations) {
    const keys = [store.keys.generation(generation.id), store.keys.held(generation.account)];
    const seq = Number(await runScript(store, RENEW, keys, [generation.id, generation.seq, generation.state, by]));
    if (seq > 0) renewed.push({ ...generation, seq });
  }
  await handOver(store, queues, renewed);
  return renewed.length;
}

interface Waiting {
  generation: Generation;
  /** Of its job. */
  priority: number;
}

async function jobsOf(store: Store, generations: readonly Generation[]): Promise<{ jobless: Generation[]; waiting: Waiting[] }> {
  const candidates = generations.flatMap((generation) => {
    const kind = jobKind(generation);
    return kind === null ? [] : [{ generation, key: `${store.keys.prefix}:${queueFor(kind, generation)}:${jobId(generation.id, generation.seq)}` }];
  });
  const pipeline = store.redis.pipeline();
  for (const { key } of candidates) pipeline.hmget(key, 'timestamp', 'finishedOn', 'priority');
  const answers = (await pipeline.exec()) ?? [];
  const jobless: Generation[] = [];
  const waiting: Waiting[] = [];
  candidates.forEach(({ generation }, at) => {
    const [timestamp, finishedOn, priority] = (answers[at]?.[1] ?? []) as (string | null)[];
    if (timestamp == null || finishedOn != null) jobless.push(generation);
    else if (generation.state === 'queued') waiting.push({ generation, priority: Number(priority ?? 0) });
  });
  return { jobless, waiting };
}

async function displaced(store: Store, waiting: readonly Waiting[]): Promise<Generation[]> {
  const places = new Map<ProviderName, Places>();
  for (const provider of new Set(waiting.map(({ generation }) => generation.provider))) places.set(provider, await readPlaces(store, provider));
  return waiting.flatMap(({ generation, priority }) => {
    const place = places.get(generation.provider)?.of(generation) ?? generation.turn;
    return submitPriority(generation.priority, place) === priority ? [] : [generation];
  });
}

const RENEW = script(`
local seq, state, by = unpack(redis.call('HMGET', KEYS[1], 'seq', 'state', 'renewedBy'))
if by == ARGV[4] then return seq end
if seq ~= ARGV[2] or state ~= ARGV[3] then return 0 end
redis.call('HDEL', KEYS[1], 'held')
redis.call('HSET', KEYS[1], 'renewedBy', ARGV[4])
redis.call('SREM', KEYS[2], ARGV[1])
return redis.call('HINCRBY', KEYS[1], 'seq', 1)
`);

/**
 * Which shards of a Redis Cluster wait at the moment, and why, in words for people: their slot moves, or the node that has it is away. The nodes are asked
 * themselves, and the answer comes within a second, whatever they are doing. Without a Cluster one server has all shards, and there is nothing to tell.
 */
import { setTimeout as rest } from 'node:timers/promises';
import { Cluster, type Redis } from 'ioredis';
import { PROVIDER_NAMES, type ProviderName } from '@dailies/providers';
import type { Config } from '../config/config.ts';
import type { Store } from '../ledger/store.ts';
import { CLUSTER_WAITS } from '../redis/cluster-connection.ts';
import { shardOf } from './routing.ts';
import { slotOf } from './slot.ts';

export interface ShardWait {
  shard: number;
  /** The providers whose accounts live there. */
  providers: ProviderName[];
  /** It cannot be read either. A shard whose slot moves can be read. */
  isAway: boolean;
  /** Whole sentences for people. */
  text: string;
}

export async function shardWaits(store: Store, { providers }: Pick<Config, 'providers'>): Promise<ShardWait[]> {
  const { redis } = store;
  if (!(redis instanceof Cluster)) return [];
  const found = await Promise.all(
    store.shards.map(async (shard) => {
      const why = await Promise.race([refusal(redis, shard), rest(ANSWERS_WITHIN_MS, 'SILENT' as const, { ref: false })]);
      return why === null ? [] : [{ shard, why }];
    }),
  );
  return found.flat().map(({ shard: { number }, why }) => {
    const there = PROVIDER_NAMES.filter((name) => shardOf(store, providers[name].account?.id ?? name).number === number && providers[name].account !== null);
    const isAway = why !== 'TRYAGAIN';
    const name = store.shards.length === 1 ? 'The ledger' : `Shard ${number} of ${store.shards.length}${there.length === 0 ? '' : ` (${there.join(', ')})`}`;
    return { shard: number, providers: there, isAway, text: `${name} waits: ${CLUSTER_WAITS[why]}. Nothing is lost.` };
  });
}

/** For a page that shows the other shards below. */
export function waitText({ text, isAway }: ShardWait): string {
  return isAway ? `${text} What it has is missing below.` : text;
}

/** The ledger without the shards that cannot be read: for whoever shows what there is and says what is missing. Never to write to. */
export function withoutAway(store: Store, waits: readonly ShardWait[]): Store {
  const away = new Set(waits.filter(({ isAway }) => isAway).map(({ shard }) => shard));
  const shards = store.shards.filter(({ number }) => !away.has(number));
  const [first] = shards;
  if (away.size === 0 || first === undefined) return store;
  return shards.length === 1 ? first : { redis: store.redis, keys: first.keys, shards, whole: store.whole, number: first.number };
}

const ANSWERS_WITHIN_MS = 1_000;

async function refusal(redis: Cluster, { keys }: Store): Promise<keyof typeof CLUSTER_WAITS | null> {
  const master = masterOf(redis, slotOf(keys.tag));
  if (master === null) return 'CLUSTERDOWN';
  try {
    // Two keys at once, one of which never exists: while the slot moves, this is refused as every script is.
    await master.exists(keys.all, keys.never);
    return null;
  } catch (error) {
    const [word = ''] = error instanceof Error ? error.message.split(' ') : [];
    // Another node has the slot already, and commands are sent there.
    if (word === 'MOVED') return null;
    if (word === 'ASK' || word === 'TRYAGAIN') return 'TRYAGAIN';
    return word === 'CLUSTERDOWN' ? 'CLUSTERDOWN' : 'SILENT';
  }
}

function masterOf(redis: Cluster, slot: number): Redis | null {
  const place = redis.slots[slot]?.[0];
  return redis.nodes('all').find(({ options }) => `${options.host}:${options.port}` === place) ?? null;
}

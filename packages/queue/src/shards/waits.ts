/**
 * Which shards of a Redis Cluster wait at the moment, and why, in words for people: their slot moves, or whoever has it is not there. Asked of
 * the servers themselves, and answered within a second, whatever they are doing. One server has all shards or none: there is nothing to be told.
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
  /** Whose work is there. */
  providers: ProviderName[];
  /** It cannot be read either. One whose slot moves can. */
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

/** For a page that goes on to show the rest. */
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
    // Of two keys together, one of them never there: what every script is refused for while the slot moves.
    await master.exists(keys.all, keys.never);
    return null;
  } catch (error) {
    const [word = ''] = error instanceof Error ? error.message.split(' ') : [];
    // Somebody else has it already, and whoever asks is sent there.
    if (word === 'MOVED') return null;
    if (word === 'ASK' || word === 'TRYAGAIN') return 'TRYAGAIN';
    return word === 'CLUSTERDOWN' ? 'CLUSTERDOWN' : 'SILENT';
  }
}

function masterOf(redis: Cluster, slot: number): Redis | null {
  const place = redis.slots[slot]?.[0];
  return redis.nodes('all').find(({ options }) => `${options.host}:${options.port}` === place) ?? null;
}

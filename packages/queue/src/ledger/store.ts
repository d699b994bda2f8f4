/**
 * A Redis connection with the ledger's scripts on it. The functions of this folder take a store as their first argument.
 * Every script is repeatable: ioredis resends what was not answered when a connection comes back.
 */
import type { RedisConnection } from '../redis/connection.ts';
import type { State } from '../states.ts';
import { shardTags } from '../shards/tags.ts';
import { type Keys, ledgerKeys } from './keys.ts';

export interface Store {
  redis: RedisConnection;
  /** The keys of this shard. A store of the whole ledger has those of shard 0, where everything is that belongs to no generation. */
  keys: Keys;
  /** The shards that this store reaches: the whole ledger reaches all of them, a shard itself alone (docs/decisions/015). With one shard both are one store. */
  readonly shards: readonly Store[];
  /** The whole ledger that this store is a shard of, or this store itself. */
  readonly whole: Store;
  /** The number of the shard; 0 for the whole ledger. */
  readonly number: number;
  /** Called once for every change of state that was made through this store: for metrics. */
  onChange?: (change: StateChange) => void;
  /** The mark of this process' guard (guard/rollback-guard.ts). Absent where there is no guard, as in a command of a person. */
  mark?: () => string;
}

export interface StateChange {
  provider: string;
  to: State;
  /** Null unless it has failed. */
  failureKind: string | null;
}

export function openStore(redis: RedisConnection, tag: string, shards = 1): Store {
  const parts: Store[] = [];
  const whole: Store = { redis, keys: ledgerKeys(tag), shards: parts, number: 0, get whole() { return whole; } };
  if (shards === 1) parts.push(whole);
  else parts.push(...shardTags(tag, shards).map((name, number) => shardStore(redis, name, number, whole)));
  return whole;
}

function shardStore(redis: RedisConnection, tag: string, number: number, whole: Store): Store {
  const own: Store[] = [];
  const shard: Store = { redis, keys: ledgerKeys(tag), shards: own, whole, number };
  own.push(shard);
  return shard;
}

/** Runs a script by its hash, and loads it where Redis does not know it (a restart, a fail-over). */
export async function runScript(store: Pick<Store, 'redis'>, script: Script, keys: string[], args: (string | number)[]): Promise<unknown> {
  try {
    return await store.redis.evalsha(script.sha1, keys.length, ...keys, ...args);
  } catch (error) {
    if (!(error instanceof Error) || !error.message.startsWith('NOSCRIPT')) throw error;
    return await store.redis.eval(script.lua, keys.length, ...keys, ...args);
  }
}

export interface Script {
  lua: string;
  sha1: string;
}

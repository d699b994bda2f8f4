/**
 * A Redis connection with the ledger's scripts on it. The functions of this folder take a store as their first argument.
 * Every script is repeatable: ioredis resends what was not answered when a connection comes back.
 */
import type { RedisConnection } from '../redis/connection.ts';
import type { State } from '../states.ts';
import { type Keys, ledgerKeys } from './keys.ts';

export interface Store {
  redis: RedisConnection;
  keys: Keys;
  /** Told of every change of state that was made through this store, once: for metrics, and for the guard against a rolled back ledger. */
  seen?: (change: SeenChange) => void;
  /** What the guard of this process has seen of the ledger; see rollback-guard.ts. Absent: no guard, as in a command of a person. */
  mark?: () => string;
}

export interface SeenChange {
  provider: string;
  to: State;
  /** For failed. */
  failureKind: string | null;
  /** Stream id of its event; empty when only a repetition was answered. */
  event: string;
}

export function openStore(redis: RedisConnection, tag?: string): Store {
  return { redis, keys: ledgerKeys(tag) };
}

/** Runs a script by its hash, and loads it where Redis does not know it (a restart, a fail-over). */
export async function runScript(store: Store, script: Script, keys: string[], args: (string | number)[]): Promise<unknown> {
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

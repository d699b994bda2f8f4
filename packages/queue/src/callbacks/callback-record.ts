/**
 * Whether the callbacks of a provider arrive: how many ends in a row a callback has announced before a poll of ours saw them. One field in the account's
 * hash, shared by all workers. It only ever decides how often to look, never what is true.
 */
import type { ProviderName } from '@dailies/providers';
import { script } from '../ledger/script.ts';
import { type Store, runScript } from '../ledger/store.ts';
import { shardOf } from '../shards/routing.ts';

/** After so many announced ends in a row callbacks count as proved to arrive, until one does not come. */
export const PROOF = 5;

/** Records that a poll has seen the end of a task. `announced`: a callback had told of it before. */
export async function recordEnd(store: Store, account: string, provider: ProviderName, announced: boolean): Promise<void> {
  const { redis, keys } = shardOf(store, account);
  await runScript({ redis }, RECORD, [keys.account(account)], [fieldOf(provider), announced ? '1' : '0', PROOF]);
}

export async function callbacksArrive(store: Store, account: string, provider: ProviderName): Promise<boolean> {
  const { redis, keys } = shardOf(store, account);
  return Number((await redis.hget(keys.account(account), fieldOf(provider))) ?? 0) >= PROOF;
}

function fieldOf(provider: ProviderName): string {
  return `announced:${provider}`;
}

const RECORD = script(`
if ARGV[2] == '0' then return redis.call('HDEL', KEYS[1], ARGV[1]) end
local sofar = tonumber(redis.call('HGET', KEYS[1], ARGV[1]) or '0')
if sofar < tonumber(ARGV[3]) then redis.call('HSET', KEYS[1], ARGV[1], sofar + 1) end
return 1
`);

/**
 * The gate: a submit worker asks for a place before it fetches a job, so that nothing is fetched that cannot be submitted and the order
 * stays. A reservation becomes the slot with queued → submitting, is given back, or ends by itself.
 */
import type { ProviderName } from '@dailies/providers';
import { pauseScopes } from './pauses.ts';
import { script } from './script.ts';
import { runScript, type Store } from './store.ts';

export interface Limits {
  /** Tasks in flight on the account, and on this provider of it. */
  account: number;
  provider: number;
}

export type Reservation = { go: true } | { go: false; why: 'paused' | 'cooldown' | 'nothing' | 'full'; retryInMs: number };

/** Long enough for a fetch and a transition, short enough that a crash does not cost a slot for long. */
const RESERVED_FOR_MS = 10_000;

export async function reserve(store: Store, provider: ProviderName, account: string, limits: Limits, token: string): Promise<Reservation> {
  const { keys } = store;
  const keyList = [
    keys.pauses,
    keys.cooldowns,
    keys.slots(account),
    keys.slotsOf(account, provider),
    keys.reserved(account),
    keys.counts(provider),
  ];
  const scopes = pauseScopes(provider, account).join('\n');
  const args = [`${provider}:${token}`, limits.account, limits.provider, RESERVED_FOR_MS, scopes, account, `${provider}:`];
  const [why, retryIn] = (await runScript(store, RESERVE, keyList, args)) as [string, string];
  if (why === 'go') return { go: true };
  return { go: false, why: why as 'paused' | 'cooldown' | 'nothing' | 'full', retryInMs: Number(retryIn) };
}

export async function giveBack(store: Store, provider: ProviderName, account: string, token: string): Promise<void> {
  const removed = await store.redis.zrem(store.keys.reserved(account), `${provider}:${token}`);
  if (removed === 1) await store.redis.publish(store.keys.wake, account);
}

const RESERVE = script(`
local me, limit, limitOf, ttl, account = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4]), ARGV[6]
for field in string.gmatch(ARGV[5], '[^\\n]+') do
  if redis.call('HEXISTS', KEYS[1], field) == 1 then return { 'paused', '1000' } end
end
local cooldown = redis.call('HGET', KEYS[2], account)
if cooldown then
  local wait = tonumber(string.match(cooldown, '^(%d+)')) - now
  if wait > 0 then return { 'cooldown', tostring(wait) } end
end
if tonumber(redis.call('HGET', KEYS[6], 'queued') or '0') <= 0 then return { 'nothing', '1000' } end
redis.call('ZREMRANGEBYSCORE', KEYS[5], '-inf', now)
if redis.call('ZSCORE', KEYS[5], me) then return { 'go', '0' } end
local ours = 0
for _, member in ipairs(redis.call('ZRANGE', KEYS[5], 0, -1)) do
  if string.sub(member, 1, #ARGV[7]) == ARGV[7] then ours = ours + 1 end
end
if redis.call('ZCARD', KEYS[3]) + redis.call('ZCARD', KEYS[5]) >= limit then return { 'full', '1000' } end
if redis.call('ZCARD', KEYS[4]) + ours >= limitOf then return { 'full', '1000' } end
redis.call('ZADD', KEYS[5], now + ttl, me)
return { 'go', '0' }
`);

/**
 * A short wait of one account after a refusal that ends by itself (rate, slots full, no connection). It is longer with every such refusal in a row (a
 * strike), and is forgotten when a submit is accepted that was sent since (accepted.ts). It is no pause: nobody has to end it.
 */
import { shardOf } from '../../shards/routing.ts';
import { script } from '../script.ts';
import { runScript, type Store } from '../store.ts';

/** `askedMs`: what the upstream asked for, which is honoured in full. Answers the milliseconds until the next submit. */
export async function coolDown(store: Store, account: string, base: { firstMs: number; maxMs: number }, askedMs = 0): Promise<number> {
  const args = [account, base.firstMs, base.maxMs, Math.round(askedMs), Math.random().toFixed(3)];
  const { redis, keys } = shardOf(store, account);
  return Number(await runScript({ redis }, COOL_DOWN, [keys.cooldowns, keys.account(account)], args));
}

/** Milliseconds until the account submits again by itself; 0 when it may now. */
export async function cooldownLeft(store: Store, account: string): Promise<number> {
  const { redis, keys } = shardOf(store, account);
  const found = await redis.hget(keys.cooldowns, account);
  return found === null ? 0 : Math.max(0, Number(found.split('|')[0]) - Date.now());
}

// Refusals that arrive during the wait are of submits that were under way together: they are one strike, and do not lengthen the wait.
const COOL_DOWN = script(`
local first, most, asked, random = tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5])
local untilTime, strikes = 0, 0
local found = redis.call('HGET', KEYS[1], ARGV[1])
if found then
  local a, b = string.match(found, '^(%d+)|(%d+)$')
  untilTime, strikes = tonumber(a), tonumber(b)
end
if untilTime > now and asked == 0 then return untilTime - now end
if untilTime <= now then strikes = math.min(strikes + 1, 20) end
local wait = math.min(most, first * 2 ^ (strikes - 1))
wait = math.floor(math.max(asked, wait * (0.75 + random / 2)))
if now + wait > untilTime then untilTime = now + wait end
redis.call('HSET', KEYS[1], ARGV[1], string.format('%.0f', untilTime) .. '|' .. strikes)
redis.call('HSET', KEYS[2], 'cooledAt', now)
return untilTime - now
`);

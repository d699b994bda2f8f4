/**
 * The gate: a submit loop asks for a place before it fetches a job, so that no job is fetched that cannot be submitted, and the order stays. A
 * reservation becomes the slot with queued → submitting; else it is given back, or ends after some seconds.
 */
import type { ProviderName } from '@dailies/providers';
import { shardOf } from '../../shards/routing.ts';
import { MOST_DOUBTS } from './account-state.ts';
import { PAUSES_OF, pauseScopes } from './pause-scopes.ts';
import { ROLLED_BACK } from '../guard/rollback-guard.ts';
import { script } from '../script.ts';
import { runScript, type Store } from '../store.ts';

export interface Limits {
  /** Tasks in flight on the account, and on this provider of it. */
  account: number;
  provider: number;
}

export type Reservation = { go: true; queued: number } | { go: false; why: NoPlace; retryInMs: number };

/** `unanswered`: as many submits are under way as may be in doubt at once. */
type NoPlace = 'paused' | 'broken' | 'cooldown' | 'nothing' | 'full' | 'unanswered';

/** Long enough for a fetch and a transition, short enough that a crash does not cost a slot for long. */
const RESERVED_FOR_MS = 10_000;
/** While a pause for an empty balance stands, one submit is let through each time this has passed, to ask whether the balance was filled. */
const PROBE_AGAIN_MS = 600_000;

/** Whose submit wants a place, or has one; `token` names the reservation. */
interface Claim {
  provider: ProviderName;
  account: string;
  token: string;
}

export async function reserve(ledger: Store, { provider, account, token, limits }: Claim & { limits: Limits }): Promise<Reservation> {
  const store = shardOf(ledger, account);
  const { keys } = store;
  const keyList = [
    keys.pauses,
    keys.cooldowns,
    keys.slots(account),
    keys.slotsOf(account, provider),
    keys.reserved(account),
    keys.counts(provider),
    keys.account(account),
    keys.intents(account),
    keys.doubtful(account),
    keys.guard,
    keys.events,
  ];
  const scopes = pauseScopes(provider, account).join('\n');
  const args = [
    `${provider}:${token}`, limits.account, limits.provider, RESERVED_FOR_MS, scopes, account, `${provider}:`, MOST_DOUBTS, PROBE_AGAIN_MS,
    store.mark?.() ?? '',
  ];
  const [why, number] = (await runScript(store, RESERVE, keyList, args)) as [string, string];
  if (why === 'go') return { go: true, queued: Number(number) };
  return { go: false, why: why as NoPlace, retryInMs: Number(number) };
}

export async function giveBack(ledger: Store, { provider, account, token }: Claim): Promise<void> {
  const store = shardOf(ledger, account);
  const { redis, keys } = store;
  await runScript({ redis }, GIVE_BACK, [keys.reserved(account), keys.account(account)], [`${provider}:${token}`, keys.wake, account]);
}

const RESERVE = script(`
${ROLLED_BACK}
${PAUSES_OF}
local function probe_due(account)
  local at = redis.call('HGET', account, 'probedAt')
  if at then return now - tonumber(at) >= tonumber(ARGV[9]) end
  redis.call('HSET', account, 'probedAt', now)
  return false
end
local me, limit, limitOf, ttl, account = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4]), ARGV[6]
rolled_back(KEYS[1], KEYS[10], KEYS[11], ARGV[10])
local probes = false
for _, pause in ipairs(pauses_of(KEYS[1], ARGV[5])) do
  -- The balance may have been filled: now and then one submit asks. A refusal costs nothing.
  if pause and string.find(pause, '^%d+|%d|quota|') and probe_due(KEYS[7]) then
    probes = true
  elseif pause then
    return { 'paused', '1000' }
  end
end
local learned, open, doubts = unpack(redis.call('HMGET', KEYS[7], 'limit', 'openSince', 'doubts'))
if open then return { 'broken', '1000' } end
local cooldown = redis.call('HGET', KEYS[2], account)
if cooldown then
  local wait = tonumber(string.match(cooldown, '^(%d+)')) - now
  if wait > 0 then return { 'cooldown', tostring(wait) } end
end
local queued = redis.call('HGET', KEYS[6], 'queued') or '0'
if tonumber(queued) <= 0 then return { 'nothing', '1000' } end
local learnedLimit = tonumber(learned or '1') + redis.call('SCARD', KEYS[9])
limit = math.min(limit, learnedLimit)
redis.call('ZREMRANGEBYSCORE', KEYS[5], '-inf', now)
if redis.call('ZSCORE', KEYS[5], me) then return { 'go', queued } end
local ours = 0
for _, member in ipairs(redis.call('ZRANGE', KEYS[5], 0, -1)) do
  if string.sub(member, 1, #ARGV[7]) == ARGV[7] then ours = ours + 1 end
end
if redis.call('ZCARD', KEYS[3]) + redis.call('ZCARD', KEYS[5]) >= limit then return { 'full', '1000' } end
if redis.call('ZCARD', KEYS[4]) + ours >= limitOf then return { 'full', '1000' } end
if redis.call('ZCARD', KEYS[8]) + redis.call('ZCARD', KEYS[5]) >= tonumber(ARGV[8]) - tonumber(doubts or '0') then return { 'unanswered', '200' } end
redis.call('ZADD', KEYS[5], now + ttl, me)
-- The probe counts as made only here, where it is let through: another provider of the account may have had nothing to submit.
if probes then redis.call('HSET', KEYS[7], 'probedAt', now, 'probe', me) end
return { 'go', queued }
`);

const GIVE_BACK = script(`
if redis.call('HGET', KEYS[2], 'probe') == ARGV[1] then redis.call('HSET', KEYS[2], 'probedAt', 0, 'probe', '') end
if redis.call('ZREM', KEYS[1], ARGV[1]) == 1 then redis.call('PUBLISH', ARGV[2], ARGV[3]) end
return 1
`);

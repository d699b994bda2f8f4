/**
 * What the workers together have learned about an account: how many tasks it really takes, whether its breaker is open. Shared through the
 * ledger, so that a new worker starts with it. Whether its look-ups work is in lookups.ts.
 *
 * Limit (accepted.ts): starts at 1, +1 for each accepted submit until the first refusal or the configured limit. A refusal "slots full" sets it to
 * what is accepted and not ended, once per wave; then slow probes: +1 after 10 accepted, a refused probe doubles that, up to 400. A refusal may be
 * written before the acceptances of submits that were sent beside it. Each of these raises the limit again, to what is accepted and not ended then.
 *
 * Breaker: opens after three submits in a row that the upstream did not answer (doubts); only a free request that is answered closes it, never a paid one.
 * With n doubts counted, 3 − n submits may be unanswered at the same time, so an upstream that answers nothing makes at most three questions for a person.
 * An answer to any submit of the account ends the count: where a part of the upstream answers, more become ambiguous.
 */
import { shardOf } from '../../shards/routing.ts';
import { script } from '../script.ts';
import { runScript, type Store } from '../store.ts';

export interface AccountState {
  /** Tasks in flight that the account is known to take; 1 before anything was learned. */
  limit: number;
  /** How many slots are taken by what says nothing of that limit (is-doubtful-script.ts). */
  doubtful: number;
  /** Whether the limit came from a refusal. */
  refused: boolean;
  /** Submits in a row that were not answered for. */
  doubts: number;
  /** Epoch milliseconds since when nothing is submitted; null when the breaker is closed. */
  openSince: number | null;
}

/** Doubts in a row that open the breaker, and submits that may be unanswered at once. */
export const MOST_DOUBTS = 3;

export async function accountState(store: Store, account: string): Promise<AccountState> {
  const { redis, keys } = shardOf(store, account);
  const [fields, doubtful] = await Promise.all([redis.hgetall(keys.account(account)), redis.scard(keys.doubtful(account))]);
  return {
    limit: Number(fields['limit'] ?? 1),
    doubtful,
    refused: fields['refused'] === '1',
    doubts: Number(fields['doubts'] ?? 0),
    openSince: fields['openSince'] === undefined ? null : Number(fields['openSince']),
  };
}

/** How many slots of the account may be taken now, by the same rule as in RESERVE (reservation.ts). */
export function mostSlots({ limit, doubtful }: Pick<AccountState, 'limit' | 'doubtful'>, configured: number): number {
  return Math.min(limit + doubtful, configured);
}

/** A `sentAt` that is later than anything that an account remembers. */
export const AFTER_ALL = Number.MAX_SAFE_INTEGER;

/**
 * A submit was refused for want of a slot. `sentAt`: when its intent was written (Redis' clock): refusals of submits that were under way together change
 * the limit once. Answers how many tasks of ours are known to run there; each of them makes room when it ends. Those of unknown outcome, or past their
 * deadline, are not counted: they may never make any.
 */
export async function learnFull(store: Store, account: string, sentAt: number): Promise<number> {
  const { redis, keys } = shardOf(store, account);
  return Number(await runScript({ redis }, FULL, [keys.account(account), keys.slots(account), keys.intents(account), keys.doubtful(account)], [sentAt]));
}

/**
 * The upstream answered a submit, whatever it said. `sentAt`: when the submit was sent (Redis' clock). Doubts from before that are over; those that came
 * later are not, since an outage may have begun after this submit was sent.
 */
export async function learnAnswered(store: Store, account: string, sentAt = AFTER_ALL): Promise<void> {
  const { redis, keys } = shardOf(store, account);
  await runScript({ redis }, ANSWERED, [keys.account(account)], [sentAt]);
}

/** The upstream did not answer a submit. `submit`: its `by`, so that a repeated call counts once. Answers true where that has opened the breaker. */
export async function learnDoubt(store: Store, account: string, submit: string): Promise<boolean> {
  const { redis, keys } = shardOf(store, account);
  return (await runScript({ redis }, DOUBT, [keys.account(account)], [submit, MOST_DOUBTS])) === 1;
}

/** A free request was answered. Answers true where that has closed the breaker, which stays open for `openForMs` at least, doubled by each opening in a row. */
export async function learnAlive(store: Store, account: string, openForMs: number): Promise<boolean> {
  const { redis, keys } = shardOf(store, account);
  return (await runScript({ redis }, ALIVE, [keys.account(account)], [account, openForMs, MOST_DOUBTS, keys.wake])) === 1;
}

/** Lua: `end_doubts()`, for scripts with the account's hash in KEYS[1] and, in ARGV[1], the time when the answered request was sent. */
export const END_DOUBTS = `
local function end_doubts()
  local doubtAt = redis.call('HGET', KEYS[1], 'doubtAt')
  if doubtAt and tonumber(ARGV[1]) <= tonumber(doubtAt) then return end
  redis.call('HSET', KEYS[1], 'doubts', 0, 'openings', 0)
end
`;

/** Lua: `running(slots, intents, doubtful)`, by these three keys of an account: how many tasks are accepted and not ended, as far as the ledger knows. */
export const RUNNING = `
local function running(slots, intents, doubtful)
  return redis.call('ZCARD', slots) - redis.call('ZCARD', intents) - redis.call('SCARD', doubtful)
end
`;

const ANSWERED = script(`
${END_DOUBTS}
end_doubts()
return 1
`);

const FULL = script(`
${END_DOUBTS}
${RUNNING}
local changedAt, step, probing = unpack(redis.call('HMGET', KEYS[1], 'changedAt', 'step', 'probing'))
end_doubts()
local ours = running(KEYS[2], KEYS[3], KEYS[4])
if changedAt and tonumber(ARGV[1]) <= tonumber(changedAt) then return ours end
step = tonumber(step or '10')
if probing == '1' then step = math.min(step * 2, 400) end
redis.call('HSET', KEYS[1], 'limit', math.max(1, ours), 'refused', '1', 'accepted', 0, 'step', step, 'probing', '0', 'changedAt', now)
return ours
`);

// The field `doubtful` names the submit that was counted last. (The key `doubtful` is a set of generations.)
const DOUBT = script(`
if redis.call('HGET', KEYS[1], 'doubtful') == ARGV[1] then return 0 end
redis.call('HSET', KEYS[1], 'doubtful', ARGV[1], 'doubtAt', now)
local doubts = redis.call('HINCRBY', KEYS[1], 'doubts', 1)
if doubts < tonumber(ARGV[2]) or redis.call('HEXISTS', KEYS[1], 'openSince') == 1 then return 0 end
redis.call('HSET', KEYS[1], 'openSince', now)
redis.call('HINCRBY', KEYS[1], 'openings', 1)
return 1
`);

// The breaker is closed with all but one of the doubts still counted: one more opens it again.
const ALIVE = script(`
local since, openings = unpack(redis.call('HMGET', KEYS[1], 'openSince', 'openings'))
if not since then return 0 end
local wait = math.min(tonumber(ARGV[2]) * 2 ^ (tonumber(openings or '1') - 1), 600000)
if now - tonumber(since) < wait then return 0 end
redis.call('HDEL', KEYS[1], 'openSince')
redis.call('HSET', KEYS[1], 'doubts', tonumber(ARGV[3]) - 1)
redis.call('PUBLISH', ARGV[4], ARGV[1])
return 1
`);

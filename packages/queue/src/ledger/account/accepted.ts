/**
 * What an accepted submit proves about its account, recorded in one step: the account takes one task more, its breaker need not count doubts from before,
 * the short wait after refusals is over, and so is a pause for an empty balance. Answers what has come for the generation meanwhile, so that the record
 * need not be read again.
 */
import { AFTER_ALL, END_DOUBTS, RUNNING } from './account-state.ts';
import { shardWith } from '../../shards/routing.ts';
import { type AddressedModel, fieldOfModel } from './taken-models.ts';
import { pauseScopes } from './pause-scopes.ts';
import { script } from '../script.ts';
import { runScript, type Store } from '../store.ts';
import type { GenerationRef } from '../transition.ts';

export interface CameMeanwhile {
  /** A callback has said that there is something to see. */
  hinted: boolean;
  /** A person asked to cancel while nobody knew the outcome. */
  cancelRequested: boolean;
}

export interface AcceptedSubmit {
  /** The most the limit may become. */
  configured: number;
  /** When its intent was written, by the clock of Redis. Default: later than anything that the account remembers. */
  sentAt?: number;
  /** The model that the account has taken, where each model has an address of its own (taken-models.ts). */
  took?: AddressedModel | null;
}

export async function learnAccepted(
  store: Store,
  generation: Pick<GenerationRef, 'id' | 'provider' | 'account' | 'shard'>,
  submit: AcceptedSubmit,
): Promise<CameMeanwhile> {
  const { id, provider, account } = generation;
  const { configured, sentAt = AFTER_ALL, took = null } = submit;
  const { redis, keys } = shardWith(store, generation);
  const keyList = [keys.account(account), keys.cooldowns, keys.pauses, keys.generation(id), keys.slots(account), keys.intents(account), keys.doubtful(account)];
  const args = [sentAt, configured, keys.wake, account, took === null ? '' : fieldOfModel(took), ...pauseScopes(provider, account)];
  const [hintAt, cancelRequested] = (await runScript({ redis }, ACCEPTED, keyList, args)) as [string, string];
  return { hinted: Number(hintAt) > 0, cancelRequested: cancelRequested === '1' };
}

const ACCEPTED = script(`
${END_DOUBTS}
${RUNNING}
local limit, refused, accepted, step, changedAt = unpack(redis.call('HMGET', KEYS[1], 'limit', 'refused', 'accepted', 'step', 'changedAt'))
local before = limit
limit, accepted, step = tonumber(limit or '1'), tonumber(accepted or '0') + 1, tonumber(step or '10')
end_doubts()
-- A refusal that was answered before this, though this was sent before it, could not count it.
local isLate = changedAt and tonumber(ARGV[1]) <= tonumber(changedAt)
if refused == '1' and isLate then limit = math.max(limit, math.min(running(KEYS[5], KEYS[6], KEYS[7]), tonumber(ARGV[2]))) end
if refused ~= '1' then
  -- Never lowered: another worker may be configured for more. Each reservation keeps to what its own worker is configured for.
  redis.call('HSET', KEYS[1], 'limit', math.max(limit, math.min(limit + 1, tonumber(ARGV[2]))))
elseif accepted >= step and limit < tonumber(ARGV[2]) then
  redis.call('HSET', KEYS[1], 'limit', limit + 1, 'accepted', 0, 'probing', '1')
else
  redis.call('HSET', KEYS[1], 'limit', limit, 'accepted', accepted)
end
if redis.call('HGET', KEYS[1], 'limit') ~= before then redis.call('PUBLISH', ARGV[3], ARGV[4]) end
-- As with doubts: it ends only waits and pauses from before it was sent, not those that a refusal has begun since.
local sentAt, cooledAt = tonumber(ARGV[1]), tonumber(redis.call('HGET', KEYS[1], 'cooledAt') or '0')
if sentAt > cooledAt then redis.call('HDEL', KEYS[2], ARGV[4]) end
if ARGV[5] ~= '' then redis.call('HSET', KEYS[1], ARGV[5], '1') end
for i = 6, #ARGV do
  local pausedAt = string.match(redis.call('HGET', KEYS[3], ARGV[i]) or '', '^(%d+)|%d|quota|')
  if pausedAt and sentAt > tonumber(pausedAt) then redis.call('HDEL', KEYS[3], ARGV[i]) end
end
local hintAt, cancelRequested = unpack(redis.call('HMGET', KEYS[4], 'hintAt', 'cancelRequested'))
return { hintAt or '0', cancelRequested or '' }
`);

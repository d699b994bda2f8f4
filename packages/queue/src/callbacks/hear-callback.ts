/**
 * A callback of an upstream is only a hint, since anybody could send one: its time is written into the ledger, and the poll comes early. The poll
 * decides. A callback never changes a state, and its sender is told nothing. One that comes twice, late or out of order, or is forged, does no harm.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import { PROVIDER_NAMES } from '@dailies/providers';
import { script } from '../ledger/script.ts';
import { runScript } from '../ledger/store.ts';
import { type Desk, deskWith } from '../operations/desk.ts';
import { promotePoll } from './promote-poll.ts';

export interface Callback {
  provider: string;
  id: string;
  token: string;
  /** The task that it names. Kept as an offer where the generation's task is not known, and believed only after a look. */
  task?: string | undefined;
  /** Whether it says that there is something to fetch; else it is no more than a sign of life. */
  final: boolean;
}

/** Polls in a row that hints may bring on. After a poll at its usual time they may bring on as many again. */
export const MOST_QUICK_POLLS = 3;

/** Answers whether the callback belongs to a generation; this is for the log, not for its sender. */
export async function hearCallback(ledger: Desk, callback: Callback): Promise<boolean> {
  const desk = await deskWith(ledger, callback.id);
  if (desk === null) return false;
  const { store } = desk;
  const provider = PROVIDER_NAMES.find((name) => name === callback.provider);
  const key = store.keys.generation(callback.id);
  const [nonce, its] = await store.redis.hmget(key, 'nonce', 'provider');
  const isRight = sameText(nonce ?? '', callback.token);
  if (!isRight || nonce === null || nonce === undefined || provider === undefined || its !== provider) return false;
  const args = [nonce, callback.final ? '1' : '0', callback.task ?? '', callback.id, MOST_QUICK_POLLS];
  const [state = '', seq = '', quick = '0'] = (await runScript(store, HINT, [key, store.keys.offered], args)) as string[];
  // A generation in submitting has no poll yet: the hint is looked for once its answer is recorded (worker's accepted-answer.ts).
  const hasPoll = state === 'rendering' || state === 'overdue' || state === 'canceled' || (state === 'ambiguous' && callback.task !== undefined);
  if (callback.final && hasPoll && Number(quick) < MOST_QUICK_POLLS) await promotePoll(desk.queues, { id: callback.id, provider, seq: Number(seq) });
  return state !== '';
}

/** In constant time, whatever the lengths. */
function sameText(one: string, other: string): boolean {
  const hash = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(hash(one), hash(other));
}

const HINT = script(`
local state, seq, nonce, quick, ended, hintAt = unpack(redis.call('HMGET', KEYS[1], 'state', 'seq', 'nonce', 'quick', 'taskEndedAt', 'hintAt'))
if nonce ~= ARGV[1] then return {} end
local doubtful = state == 'ambiguous' or state == 'unresolved'
-- Queued again, after a look-up did not show its task or the upstream said that it was not accepted. But whoever knows its nonce has had its submit.
local again = state == 'queued' and ARGV[3] ~= ''
local open = state == 'submitting' or doubtful or again or state == 'rendering' or state == 'overdue' or (state == 'canceled' and not ended)
if not open then return {} end
-- Each hint has a later time than the one before, so that two within a millisecond are two.
if ARGV[2] == '1' then redis.call('HSET', KEYS[1], 'hintAt', math.max(now, tonumber(hintAt or '0') + 1)) end
local isFew = tonumber(quick or '0') < tonumber(ARGV[5])
-- A queued generation is not submitted while it has an open offer (transition-script.ts): only a few offers may put it off, since they may be false.
if ARGV[3] ~= '' and (state == 'submitting' or doubtful or (again and isFew)) then redis.call('HSET', KEYS[1], 'offer', ARGV[3]) end
-- It has no poll: the worker's watch over offers asks about the task.
if ARGV[3] ~= '' and (state == 'unresolved' or again) and isFew then redis.call('SADD', KEYS[2], ARGV[4]) end
return { state, seq, quick or '0' }
`);

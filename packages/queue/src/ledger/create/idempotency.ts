/**
 * What was asked under an `Idempotency-Key`, and what was answered, for a day. The first request leaves a `nonce` from which ids are made. A request that
 * comes again, also after a crash before the answer, makes the same ids of it, and so does the same work instead of more. It must never forget a
 * reservation under which something may have been done.
 */
import { randomUUID } from 'node:crypto';
import { script } from '../script.ts';
import { runScript, type Store } from '../store.ts';

export type Reserved =
  /** Not answered yet: do it, with this nonce. */
  | { outcome: 'open'; nonce: string }
  | { outcome: 'answered'; answer: string }
  /** The key stands for another request. */
  | { outcome: 'other' };

const IDEMPOTENCY_MS = 24 * 3_600_000;

/** `name`: the caller and the key, hashed. `request`: a hash of what is asked. */
export async function reserveKey(store: Store, name: string, request: string, nonce: string): Promise<Reserved> {
  const answer = (await runScript(store, RESERVE_KEY, [store.keys.idempotency(name)], [request, nonce, IDEMPOTENCY_MS, randomUUID()])) as string[];
  const [outcome, value = ''] = answer;
  if (outcome === 'answered') return { outcome, answer: value };
  return outcome === 'other' ? { outcome } : { outcome: 'open', nonce: value };
}

/** What the same request was answered under its key; null: nothing yet. */
export async function keptAnswer({ redis, keys }: Store, name: string, request: string): Promise<string | null> {
  const [asked, answer = null] = await redis.hmget(keys.idempotency(name), 'request', 'answer');
  return asked === request ? answer : null;
}

/** The first answer stays: of several at once, all give the same one. */
export async function answerKey(store: Store, name: string, request: string, answer: string): Promise<string> {
  return String(await runScript(store, ANSWER_KEY, [store.keys.idempotency(name)], [request, answer, IDEMPOTENCY_MS]));
}

/**
 * Forgets a reservation. Call it only where it is certain that nothing was done under it. It stays where another request has come under the same key
 * meanwhile: what that one has done nobody else knows.
 */
export async function releaseKey(store: Store, name: string, request: string): Promise<void> {
  await runScript(store, RELEASE_KEY, [store.keys.idempotency(name)], [request]);
}

const RESERVE_KEY = script(`
local request, nonce, answer, by = unpack(redis.call('HMGET', KEYS[1], 'request', 'nonce', 'answer', 'by'))
if not request then
  redis.call('HSET', KEYS[1], 'request', ARGV[1], 'nonce', ARGV[2], 'by', ARGV[4])
  redis.call('PEXPIRE', KEYS[1], ARGV[3])
  return { 'open', ARGV[2] }
end
if request ~= ARGV[1] then return { 'other' } end
if answer then return { 'answered', answer } end
-- The same call, sent again by ioredis, is no second request.
if by ~= ARGV[4] then redis.call('HSET', KEYS[1], 'shared', '1') end
return { 'open', nonce }
`);

const ANSWER_KEY = script(`
local request, answer = unpack(redis.call('HMGET', KEYS[1], 'request', 'answer'))
if request == ARGV[1] and answer then return answer end
if request and request ~= ARGV[1] then return ARGV[2] end
redis.call('HSET', KEYS[1], 'request', ARGV[1], 'answer', ARGV[2])
if not request then redis.call('PEXPIRE', KEYS[1], ARGV[3]) end
return ARGV[2]
`);

const RELEASE_KEY = script(`
local request, answer, shared = unpack(redis.call('HMGET', KEYS[1], 'request', 'answer', 'shared'))
if request == ARGV[1] and not answer and not shared then redis.call('DEL', KEYS[1]) end
return 1
`);

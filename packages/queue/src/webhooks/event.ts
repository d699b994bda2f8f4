/**
 * An event on its way to an endpoint: what is told, to whom, and how often that was tried. It is written once: publishing the same mark again finds it. It
 * is kept for three days, so that a person can send again what could not be delivered.
 * `url` may hold a secret in its query and never leaves the worker.
 */
import { script } from '../ledger/script.ts';
import { runScript, type Store } from '../ledger/store.ts';
import { endpointId } from './webhook-url.ts';

export interface NewEvent {
  id: string;
  type: string;
  /** `g:<generation>` or `b:<batch>`. */
  subject: string;
  /** Epoch milliseconds of the transition. */
  at: number;
  url: string;
  /** What is sent, whole; the same however often it is sent. */
  body: string;
}

export interface WebhookEvent extends NewEvent {
  /** Hand-over counter: a job of another one does nothing. */
  seq: number;
  state: 'pending' | 'delivered' | 'ended';
  /** Failed tries since it was last handed over by a person. */
  tries: number;
}

const KEPT_MS = 3 * 24 * 3_600_000;

export function subjectOf(of: 'generation' | 'batch', name: string): string {
  return `${of === 'batch' ? 'b' : 'g'}:${name}`;
}

/** Answers the hand-over counter, or null when it is through already. */
export async function recordEvent(store: Store, event: NewEvent): Promise<number | null> {
  const { id, at, url } = event;
  const keys = [store.keys.webhookEvent(id), store.keys.undelivered(endpointId(url))];
  const { type, subject, body } = event;
  const seq = Number(await runScript(store, RECORD, keys, [id, KEPT_MS, at, type, subject, url, body]));
  return seq === 0 ? null : seq;
}

export async function readEvent(store: Store, id: string): Promise<WebhookEvent | null> {
  const fields = await store.redis.hgetall(store.keys.webhookEvent(id));
  const { type = '', subject = '', url = '', body = '', state } = fields;
  if (state !== 'pending' && state !== 'delivered' && state !== 'ended') return null;
  return { id, type, subject, url, body, state, at: Number(fields['at']), seq: Number(fields['seq']), tries: Number(fields['tries'] ?? 0) };
}

/** A failed try, to be followed by another one. False: a person has renewed the event since the caller read it, or nobody wants it any more. */
export async function noteTry(store: Store, { id, seq, tries }: WebhookEvent): Promise<boolean> {
  return (await runScript(store, NOTE_TRY, [store.keys.webhookEvent(id)], [seq, tries + 1])) === 1;
}

/**
 * How an event ends. `given up`: for the hand-over that the caller has read; one that a person has renewed meanwhile goes on. After the two others nobody
 * will want to send it again, so neither its body nor its address is kept.
 */
export type EventEnd = 'delivered' | 'given up' | 'unwanted';

export async function endEvent(store: Store, { id, url, seq }: WebhookEvent, end: EventEnd): Promise<void> {
  const keys = [store.keys.webhookEvent(id), store.keys.undelivered(endpointId(url))];
  await runScript(store, END, keys, [id, end === 'delivered' ? 'delivered' : 'ended', end === 'given up' ? '0' : '1', seq]);
}

/** Makes an undelivered event new again. Answers its hand-over counter, or null: it is gone, or was delivered. `by` is unique for each wish. */
export async function renewEvent(store: Store, id: string, by: string): Promise<number | null> {
  const seq = Number(await runScript(store, RENEW, [store.keys.webhookEvent(id)], [by, KEPT_MS]));
  return seq === 0 ? null : seq;
}

const RECORD = script(`
local state, seq = unpack(redis.call('HMGET', KEYS[1], 'state', 'seq'))
if state then return state == 'pending' and tonumber(seq) or 0 end
redis.call('HSET', KEYS[1], 'seq', 1, 'state', 'pending', 'tries', 0, 'at', ARGV[3], 'type', ARGV[4], 'subject', ARGV[5], 'url', ARGV[6], 'body', ARGV[7])
redis.call('PEXPIRE', KEYS[1], ARGV[2])
redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', now - tonumber(ARGV[2]))
redis.call('ZADD', KEYS[2], now, ARGV[1])
redis.call('PEXPIRE', KEYS[2], ARGV[2])
return 1
`);

const NOTE_TRY = script(`
local state, seq = unpack(redis.call('HMGET', KEYS[1], 'state', 'seq'))
if state ~= 'pending' or seq ~= ARGV[1] then return 0 end
redis.call('HSET', KEYS[1], 'tries', ARGV[2])
return 1
`);

const END = script(`
if ARGV[2] == 'ended' and ARGV[3] == '0' and redis.call('HGET', KEYS[1], 'seq') ~= ARGV[4] then return 0 end
if redis.call('EXISTS', KEYS[1]) == 1 then
  redis.call('HSET', KEYS[1], 'state', ARGV[2])
  if ARGV[3] == '1' then redis.call('HDEL', KEYS[1], 'body', 'url') end
end
if ARGV[3] == '1' then redis.call('ZREM', KEYS[2], ARGV[1]) end
return 1
`);

const RENEW = script(`
local state, seq, by, body = unpack(redis.call('HMGET', KEYS[1], 'state', 'seq', 'renewedBy', 'body'))
if not state or not body or state == 'delivered' then return 0 end
if by == ARGV[1] then return tonumber(seq) end
redis.call('HSET', KEYS[1], 'state', 'pending', 'tries', 0, 'renewedBy', ARGV[1])
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return redis.call('HINCRBY', KEYS[1], 'seq', 1)
`);

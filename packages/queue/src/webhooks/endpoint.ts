/**
 * What is known of an endpoint that fails: since when, how often, and whether it is disabled. One that works has no record at all.
 * Disabled means: nothing is sent there any more until a person enables it (operations/webhooks.ts).
 */
import { script } from '../ledger/script.ts';
import { runScript, type Store } from '../ledger/store.ts';
import { linkWithoutQuery } from '../link-without-query.ts';
import { endpointId } from './webhook-url.ts';

export interface Endpoint {
  id: string;
  /** Without its query. */
  url: string;
  /** Failures in a row. */
  failures: number;
  failingSince: number;
  lastFailure: string;
  lastAt: number;
  disabledAt: number | null;
  /** Why it is disabled. */
  reason: string | null;
  /** Events that it has not taken. */
  undelivered: number;
}

export interface DisableRules {
  /** Milliseconds of failing without one success. */
  afterMs: number;
  /** And at least this many failures in a row. */
  afterFailures: number;
}

const KEPT_MS = 30 * 24 * 3_600_000;

export async function isDisabled(store: Store, url: string): Promise<string | null> {
  const [at, reason] = await store.redis.hmget(store.keys.endpoint(endpointId(url)), 'disabledAt', 'reason');
  return at === null ? null : (reason ?? 'disabled');
}

export async function noteSuccess(store: Store, url: string): Promise<void> {
  await forgetEndpoint(store, endpointId(url));
}

/** Answers whether it is disabled by this failure. `by` is the delivery: a resent call counts once. */
export async function noteFailure(store: Store, url: string, what: { why: string; by: string }, rules: DisableRules): Promise<boolean> {
  const id = endpointId(url);
  const keys = [store.keys.endpoint(id), store.keys.failingEndpoints];
  return (await runScript(store, NOTE_FAILURE, keys, [id, linkWithoutQuery(url), what.why, what.by, rules.afterMs, rules.afterFailures, KEPT_MS])) === 1;
}

/** Those that fail or are disabled, the latest first; of each shard at most so many. */
export async function failingEndpoints(store: Store, most = 1_000): Promise<Endpoint[]> {
  const found = await Promise.all(store.shards.map((shard) => failingHere(shard, most)));
  return together(found.flat());
}

async function failingHere(store: Store, most: number): Promise<Endpoint[]> {
  const ids = await store.redis.zrevrange(store.keys.failingEndpoints, 0, most - 1);
  const found = await Promise.all(ids.map((id) => readEndpoint(store, id)));
  return found.filter((one) => one !== null);
}

/** Each shard has a record of its own of an endpoint, to which it tells of its own work. Answers one for each endpoint, by the latest failure. */
function together(found: readonly Endpoint[]): Endpoint[] {
  const byId = new Map<string, Endpoint>();
  for (const one of found.toSorted((a, b) => b.lastAt - a.lastAt)) {
    const latest = byId.get(one.id);
    if (latest === undefined) byId.set(one.id, one);
    else {
      byId.set(one.id, {
        ...latest,
        failures: latest.failures + one.failures,
        failingSince: Math.min(latest.failingSince, one.failingSince),
        disabledAt: latest.disabledAt ?? one.disabledAt,
        reason: latest.reason ?? one.reason,
        undelivered: latest.undelivered + one.undelivered,
      });
    }
  }
  return [...byId.values()];
}

async function readEndpoint(store: Store, id: string): Promise<Endpoint | null> {
  const fields = await store.redis.hgetall(store.keys.endpoint(id));
  if (fields['failures'] === undefined) return null;
  return {
    id,
    url: fields['url'] ?? '',
    failures: Number(fields['failures']),
    failingSince: Number(fields['failingSince']),
    lastFailure: fields['lastFailure'] ?? '',
    lastAt: Number(fields['lastAt']),
    disabledAt: fields['disabledAt'] === undefined ? null : Number(fields['disabledAt']),
    reason: fields['reason'] ?? null,
    undelivered: await store.redis.zcard(store.keys.undelivered(id)),
  };
}

/** Forgets the failures of an endpoint: it works, or a person has enabled it. */
export async function forgetEndpoint(store: Store, id: string): Promise<void> {
  await store.redis.multi().del(store.keys.endpoint(id)).zrem(store.keys.failingEndpoints, id).exec();
}

const NOTE_FAILURE = script(`
local id, url, why, by, afterMs, afterFailures, kept = ARGV[1], ARGV[2], ARGV[3], ARGV[4], tonumber(ARGV[5]), tonumber(ARGV[6]), ARGV[7]
if redis.call('HGET', KEYS[1], 'lastBy') == by then return 0 end
redis.call('HSETNX', KEYS[1], 'failingSince', now)
local failures = redis.call('HINCRBY', KEYS[1], 'failures', 1)
redis.call('HSET', KEYS[1], 'url', url, 'lastFailure', why, 'lastAt', now, 'lastBy', by)
redis.call('PEXPIRE', KEYS[1], kept)
redis.call('ZADD', KEYS[2], now, id)
redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', now - tonumber(kept))
local since = tonumber(redis.call('HGET', KEYS[1], 'failingSince'))
if failures < afterFailures or now - since < afterMs or redis.call('HEXISTS', KEYS[1], 'disabledAt') == 1 then return 0 end
redis.call('HSET', KEYS[1], 'disabledAt', now, 'reason', 'failed ' .. failures .. ' times in a row, the last time: ' .. why)
return 1
`);

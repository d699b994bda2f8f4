/**
 * What a person does with webhooks: sees which endpoints fail, enables a disabled one, forgets one that is gone for good, sends an event again. Nothing
 * here costs anything.
 */
import { randomUUID } from 'node:crypto';
import type { Store } from '../ledger/store.ts';
import { failingEndpoints, forgetEndpoint } from '../webhooks/endpoint.ts';
import { endEvent, readEvent, renewEvent, type WebhookEvent } from '../webhooks/event.ts';
import { linkWithoutQuery } from '../link-without-query.ts';
import { endpointId } from '../webhooks/webhook-url.ts';
import { JOB_NAMES, type JobPayload, jobId, WEBHOOK_QUEUE } from '../queues/names.ts';
import { type Desk, deskAt } from './desk.ts';

export interface EnableOutcome {
  /** Of the endpoint. */
  id: string;
  /** Without its query. */
  url: string;
  /** Events that are sent again now. */
  sent: number;
}

/**
 * `named`: the id that the list shows, the whole address, or the address as the list shows it (without its query). Null: no such endpoint fails, or has
 * missed anything. Repeatable: called again after it was cut off, it goes on, though the endpoint is in no list any more. Then it must be named by its id
 * or its whole address, since an address without its query is known from the list only.
 */
export async function enableEndpoint(desk: Desk, named: string): Promise<EnableOutcome[] | null> {
  const wanted = [named, endpointId(named)];
  const failing = (await failingEndpoints(desk.store)).filter(({ id, url }) => wanted.includes(id) || url === named);
  const found = failing.length > 0 ? failing : await withMissed(desk, wanted);
  if (found.length === 0) return null;
  const outcomes: EnableOutcome[] = [];
  for (const { id, url } of found) {
    let sent = 0;
    for (const shard of desk.store.shards) sent += await sendMissed(deskAt(desk, shard.number), id);
    outcomes.push({ id, url, sent });
  }
  return outcomes;
}

export interface ForgetOutcome {
  /** Of the endpoint. */
  id: string;
  /** Without its query. */
  url: string;
  /** False: it is not disabled, so it is tried again, and would be in the list again soon. It is left as it is. */
  forgotten: boolean;
  /** Events that nobody will send any more. */
  dropped: number;
}

/** Of an endpoint that is gone for good. `named`: as for `enableEndpoint`. Null: no such endpoint fails. Repeatable: its record goes last. */
export async function giveUpEndpoint({ store }: Desk, named: string): Promise<ForgetOutcome[] | null> {
  const found = (await failingEndpoints(store)).filter(({ id, url }) => [named, endpointId(named)].includes(id) || url === named);
  if (found.length === 0) return null;
  const outcomes: ForgetOutcome[] = [];
  for (const { id, url, disabledAt } of found) {
    let dropped = 0;
    if (disabledAt !== null) for (const shard of store.shards) dropped += await dropMissed(shard, id);
    outcomes.push({ id, url, forgotten: disabledAt !== null, dropped });
  }
  return outcomes;
}

/** Of one shard. Events that still wait for another try are ended too, or that try would put the endpoint into the list again. */
async function dropMissed(shard: Store, endpoint: string): Promise<number> {
  const ids = await shard.redis.zrange(shard.keys.undelivered(endpoint), '0', '-1');
  for (const id of ids) {
    const event = await readEvent(shard, id);
    if (event === null) await shard.redis.zrem(shard.keys.undelivered(endpoint), id);
    else await endEvent(shard, event, 'unwanted');
  }
  await forgetEndpoint(shard, endpoint);
  return ids.length;
}

/** Endpoints that work, as far as the ledger knows, and still have events to be told of. */
async function withMissed({ store }: Desk, ids: readonly string[]): Promise<{ id: string; url: string }[]> {
  const found: { id: string; url: string }[] = [];
  for (const id of ids) {
    for (const shard of store.shards) {
      // The newest event is kept the longest: if it is gone, all are.
      const [last] = await shard.redis.zrange(shard.keys.undelivered(id), '-1', '-1');
      const event = last === undefined ? null : await readEvent(shard, last);
      if (event !== null) found.push({ id, url: linkWithoutQuery(event.url) });
    }
  }
  return found.filter(({ id }, at) => found.findIndex((one) => one.id === id) === at);
}

/** Sends again what an endpoint has missed, of one shard. Answers how many events. */
async function sendMissed(desk: Desk, endpoint: string): Promise<number> {
  const { redis, keys } = desk.store;
  await forgetEndpoint(desk.store, endpoint);
  let sent = 0;
  for (const id of await redis.zrange(keys.undelivered(endpoint), '0', '-1')) {
    if (await redeliver(desk, id)) sent += 1;
    else await redis.zrem(keys.undelivered(endpoint), id);
  }
  return sent;
}

/** Sends an undelivered event of this desk's shard again, with its whole schedule. False: it was delivered, or is forgotten. */
export async function redeliver(desk: Desk, id: string): Promise<boolean> {
  const seq = await renewEvent(desk.store, id, randomUUID());
  const event = seq === null ? null : await readEvent(desk.store, id);
  if (seq === null || event === null) return false;
  await handOverEvent(desk, event, seq);
  return true;
}

/** Adds the job of an event. Repeatable: the id of the job is that of the event with its hand-over counter. */
export async function handOverEvent(
  { queues }: Pick<Desk, 'queues'>,
  event: Pick<WebhookEvent, 'id' | 'type' | 'subject' | 'url'>,
  seq: number,
): Promise<void> {
  const title = `${event.type} of ${event.subject.slice(2)} to ${linkWithoutQuery(event.url)}`.slice(0, 160);
  const data: JobPayload = { v: 1, id: event.id, seq, title };
  await queues.get(WEBHOOK_QUEUE).add(JOB_NAMES.webhook, data, { jobId: jobId(event.id, seq) });
}

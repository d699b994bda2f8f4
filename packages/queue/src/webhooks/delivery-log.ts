/** The log of deliveries of a generation or a batch: the newest twenty, for thirty days. It decides nothing. */
import type { Store } from '../ledger/store.ts';
import { subjectOf } from './event.ts';

export interface DeliveryEntry {
  /** Epoch milliseconds. */
  at: number;
  /** What was told: `generation.succeeded`. */
  event: string;
  /** The event's id, as the receiver sees it. */
  id: string;
  /** The address without its query. */
  to: string;
  outcome: 'delivered' | 'failed' | 'gone' | 'ended';
  /** HTTP status, when there was an answer. */
  status?: number;
  ms: number;
  /** For people: why it failed. */
  note?: string;
}

/** As users see it. */
export type PublicDelivery = Omit<DeliveryEntry, 'at'> & { at: string };

const MOST = 20;
const KEPT_S = 30 * 24 * 3_600;

export async function logDelivery(store: Store, subject: string, entry: DeliveryEntry): Promise<void> {
  const key = store.keys.deliveries(subject);
  await store.redis.multi().lpush(key, JSON.stringify(entry)).ltrim(key, 0, MOST - 1).expire(key, KEPT_S).exec();
}

/** Newest first. */
export async function readDeliveries(store: Store, of: 'generation' | 'batch', name: string): Promise<PublicDelivery[]> {
  const lists = await Promise.all(store.shards.map(({ redis, keys }) => redis.lrange(keys.deliveries(subjectOf(of, name)), 0, -1)));
  const entries = lists.flat().map((line) => JSON.parse(line) as DeliveryEntry);
  if (lists.length > 1) entries.sort((a, b) => b.at - a.at);
  return entries.map(({ at, ...entry }) => ({ at: new Date(at).toISOString(), ...entry }));
}

/**
 * The stream of transitions, for whoever watches: a progress display, a manifest writer, server-sent events.
 * It keeps about the last 10,000 and is never the record: a reader that fell behind reads the ledger again.
 */
import type { Redis } from 'ioredis';
import type { State } from '../states.ts';
import type { Store } from './store.ts';

export interface LedgerEvent {
  /** Stream id: where to go on. */
  at: string;
  id: string;
  from: State;
  to: State;
  provider: string;
  batch: string | null;
  note: string;
}

/**
 * Events after `after` (`$`: from now on), waiting at most `waitMs`; null: not at all. The connection is blocked meanwhile: give it one of
 * its own, unless it does not wait.
 */
export async function readEvents(connection: Redis, store: Store, after: string, waitMs: number | null): Promise<LedgerEvent[]> {
  const { events } = store.keys;
  const answer = await (waitMs === null ? connection.xread('COUNT', 500, 'STREAMS', events, after) : connection.xread('COUNT', 500, 'BLOCK', waitMs, 'STREAMS', events, after));
  return (answer?.[0]?.[1] ?? []).map(([at, pairs]) => readEvent(at, pairs));
}

/** The newest stream id, to start after. */
export async function lastEventId(store: Store): Promise<string> {
  const newest = await store.redis.xrevrange(store.keys.events, '+', '-', 'COUNT', 1);
  return newest[0]?.[0] ?? '0-0';
}

function readEvent(at: string, pairs: string[]): LedgerEvent {
  const fields: Record<string, string> = {};
  for (let index = 0; index + 1 < pairs.length; index += 2) fields[pairs[index] ?? ''] = pairs[index + 1] ?? '';
  return {
    at,
    id: fields['id'] ?? '',
    from: fields['from'] as State,
    to: fields['to'] as State,
    provider: fields['provider'] ?? '',
    batch: fields['batch'] === '' ? null : (fields['batch'] ?? null),
    note: fields['note'] ?? '',
  };
}

/**
 * Where a reader of events is: the id of the last one it had of each shard's stream, with `_` between, shard 0 first. With one shard that is
 * the stream id alone. A cursor only ever moves on, stream by stream.
 */
import type { Store } from '../store.ts';

const BETWEEN = '_';

export function cursorOf(streamIds: readonly string[]): string {
  return streamIds.join(BETWEEN);
}

/** The stream id of each shard. A shard that the cursor does not have, since it is from when there were fewer, is at the beginning of its stream. */
export function partsOf({ shards }: Store, cursor: string): string[] {
  if (shards.length === 1) return [cursor];
  const ids = cursor.split(BETWEEN);
  return shards.map((_, at) => ids[at] ?? '0-0');
}

/** Whether a text that came from outside has the form of a cursor of this ledger, with as many shards. */
export function isCursor({ shards }: Store, text: string): boolean {
  const ids = text.split(BETWEEN);
  return ids.length === shards.length && ids.every((id) => /^\d{1,16}-\d{1,16}$/.test(id));
}

/** The cursor after this event too. */
export function advanced(store: Store, cursor: string, { shard, streamId }: { shard: number; streamId: string }): string {
  if (store.shards.length === 1) return streamId;
  const ids = partsOf(store, cursor);
  ids[shard] = streamId;
  return cursorOf(ids);
}

/** Whether a reader at this cursor has not had the event. */
export function isNewTo(store: Store, cursor: string, { shard, streamId }: { shard: number; streamId: string }): boolean {
  return compareStreamIds(streamId, partsOf(store, cursor)[shard] ?? '0-0') > 0;
}

/** Whether a cursor is, in every stream, no later than `other`. */
export function isNotAfter(store: Store, cursor: string, other: string): boolean {
  const others = partsOf(store, other);
  return partsOf(store, cursor).every((id, at) => compareStreamIds(id, others[at] ?? '0-0') <= 0);
}

/** Negative: `a` was before `b`. */
export function compareStreamIds(a: string, b: string): number {
  const [aTime = '0', aNumber = '0'] = a.split('-');
  const [bTime = '0', bNumber = '0'] = b.split('-');
  const difference = BigInt(aTime) - BigInt(bTime) || BigInt(aNumber) - BigInt(bNumber);
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
}

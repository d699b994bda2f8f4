/**
 * Removing the files of what succeeded long ago takes two writes around the removal itself. `begin` marks the generation and gives it a new seq, so that
 * a retry which has read it before is refused; `end` records that the files are gone. A crash between the two leaves the mark, and a later sweep does all
 * of it again. Only what has succeeded is ever touched: nothing that moves, nothing that waits for a person.
 */
import type { Generation } from '../../generation.ts';
import { answersOf } from '../../redis/answers.ts';
import { script } from '../script.ts';
import { runScript, type Store } from '../store.ts';

/** How long the worker that began a removal may remove files; after that it does nothing more. */
export const REMOVAL_MS = 20_000;
/** After so long a removal that has not ended counts as cut short: another sweep may begin it again, and a person may have the files fetched again. */
export const REMOVAL_ENDS_MS = 3 * REMOVAL_MS;

export interface Expired {
  ids: string[];
  /** Where the next call goes on; null: the end is reached. */
  cursor: number | null;
}

/**
 * Of the next `most` generations, in the order of their creation from position `cursor` on: those that succeeded before `before`
 * (epoch ms) and whose files are not removed yet. Nothing that was created after that can have ended before it.
 */
export async function expiredFiles({ redis, keys }: Store, before: number, cursor: number, most: number): Promise<Expired> {
  const found = await redis.zrange(keys.all, String(cursor), String(cursor + most - 1), 'WITHSCORES');
  const ids = found.filter((_, at) => at % 2 === 0);
  const pipeline = redis.pipeline();
  for (const id of ids) pipeline.hmget(keys.generation(id), 'state', 'finishedAt', 'filesRemovedAt', 'files');
  const answers = (await answersOf(pipeline)) as (string | null)[][];
  const expired = ids.filter((_, at) => {
    const [state, finishedAt, removedAt, files] = answers[at] ?? [];
    return state === 'succeeded' && files !== null && removedAt === null && Number(finishedAt) < before;
  });
  return { ids: expired, cursor: ids.length < most || Number(found.at(-1)) >= before ? null : cursor + most };
}

/** Answers the seq under which the files may be removed now; null: they may not (any more), or another worker is removing them. */
export async function beginRemoval(store: Store, generation: Pick<Generation, 'id' | 'seq'>): Promise<number | null> {
  const seq = await runScript(store, BEGIN, [store.keys.generation(generation.id)], [generation.seq, REMOVAL_ENDS_MS]);
  return typeof seq === 'number' && seq > 0 ? seq : null;
}

export async function endRemoval(store: Store, id: string, seq: number): Promise<boolean> {
  return (await runScript(store, END, [store.keys.generation(id), store.keys.history(id)], [seq, 'files removed: past their retention'])) === 1;
}

const BEGIN = script(`
local state, seq, begun, removed = unpack(redis.call('HMGET', KEYS[1], 'state', 'seq', 'filesExpiredAt', 'filesRemovedAt'))
if state ~= 'succeeded' or seq ~= ARGV[1] or removed then return 0 end
if begun and now - tonumber(begun) < tonumber(ARGV[2]) then return 0 end
redis.call('HSET', KEYS[1], 'filesExpiredAt', now)
return redis.call('HINCRBY', KEYS[1], 'seq', 1)
`);

const END = script(`
local state, seq, stub = unpack(redis.call('HMGET', KEYS[1], 'state', 'seq', 'stub'))
if state ~= 'succeeded' or seq ~= ARGV[1] then return 0 end
redis.call('HSET', KEYS[1], 'filesRemovedAt', now)
redis.call('HDEL', KEYS[1], 'filesExpiredAt')
if not stub then
  redis.call('RPUSH', KEYS[2], now .. '|succeeded|1|' .. ARGV[2])
  redis.call('LTRIM', KEYS[2], -50, -1)
end
return 1
`);

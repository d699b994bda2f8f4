/**
 * All generations, the newest first over all shards, in pages. A page that could not be read is read again by the next call; what is added
 * meanwhile only moves ids to later pages, so that none is missed.
 */
import type { Store } from '../ledger/store.ts';

export interface NewestFirst {
  /** The next ids; empty at the end. The same ones until they are `taken`. */
  next(): Promise<string[]>;
  taken(): void;
  /** When the last of those that `next` answered was added to the ledger, epoch milliseconds. */
  reached(): number;
}

interface Line {
  shard: Store;
  /** Read and not taken yet. */
  ids: { id: string; at: number }[];
  rank: number;
  isThrough: boolean;
}

export function newestFirst(store: Store, page: number): NewestFirst {
  const lines: Line[] = store.shards.map((shard) => ({ shard, ids: [], rank: 0, isThrough: false }));
  let given = new Map<Line, number>();
  let at = Infinity;

  async function fill(line: Line): Promise<void> {
    if (line.ids.length >= page || line.isThrough) return;
    const { redis, keys } = line.shard;
    const found = await redis.zrevrange(keys.all, String(line.rank), String(line.rank + page - 1), 'WITHSCORES');
    for (let at = 0; at + 1 < found.length; at += 2) line.ids.push({ id: found[at] ?? '', at: Number(found[at + 1]) });
    line.rank += found.length / 2;
    line.isThrough = found.length / 2 < page;
  }

  return {
    async next() {
      await Promise.all(lines.map(fill));
      const all = lines.flatMap((line) => line.ids.slice(0, page).map((one) => ({ ...one, line })));
      if (lines.length > 1) all.sort((a, b) => b.at - a.at);
      const some = all.slice(0, page);
      given = new Map(lines.map((line) => [line, some.filter((one) => one.line === line).length]));
      at = some.at(-1)?.at ?? at;
      return some.map(({ id }) => id);
    },
    taken() {
      for (const [line, count] of given) line.ids.splice(0, count);
      given = new Map();
    },
    reached: () => at,
  };
}

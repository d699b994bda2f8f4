/** Which files are past their retention: found page by page, however many were created in the same millisecond. */
import { expect, test } from 'vitest';
import { accept, newGeneration, openTestLedger } from '../../../../../test/support/ledger.ts';
import { expiredFiles } from './removal.ts';

const FILES = JSON.stringify([{ kind: 'video', file: 'g.mp4', sha256: 'ab', bytes: 1, source: 'https://cdn.test/g.mp4' }]);

test('every page brings what has ended long ago with files, and the last one says that it is the last', async () => {
  const { store, redis } = openTestLedger();
  const ids = Array.from({ length: 30 }, (_, at) => `g${String(at).padStart(2, '0')}`);
  await accept(store, 'all', ids.map((id) => newGeneration(id)));
  const long = Date.now() - 1_000_000;
  const fields: Record<string, Record<string, string | number>> = {
    g03: { state: 'failed', finishedAt: long, files: FILES },
    g04: { state: 'downloading', files: FILES },
    g05: { state: 'succeeded', finishedAt: long },
    g06: { state: 'succeeded', finishedAt: Date.now(), files: FILES },
    g07: { state: 'succeeded', finishedAt: long, files: FILES, filesRemovedAt: long },
  };
  for (const id of ids) {
    await redis.hset(store.keys.generation(id), fields[id] ?? { state: 'succeeded', finishedAt: long, files: FILES });
    await redis.zadd(store.keys.all, long - 1, id);
  }
  const found: string[] = [];
  let pages = 0;
  for (let cursor: number | null = 0; cursor !== null; pages += 1) {
    const page = await expiredFiles(store, Date.now() - 500_000, cursor, 7);
    found.push(...page.ids);
    cursor = page.cursor;
  }
  expect(pages).toBe(5);
  expect(found).toEqual(ids.filter((id) => !(id in fields)));
  expect(await expiredFiles(store, long - 2, 0, 7), 'what was created later cannot have ended before').toEqual({ ids: [], cursor: null });
});

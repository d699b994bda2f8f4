import { expect, test } from 'vitest';
import { readWritten } from './written-rows.ts';
import type { ManifestRow } from './manifest-row.ts';

test('a row is taken once, as it was written; the rest comes in its order, and of two of an id the later one', async () => {
  const row = (id: string, more: Partial<ManifestRow> = {}): ManifestRow => ({ id, state: 'succeeded', provider: 'pika', prompt: 'Möwen', params: {}, videos: [], history: [], ...more });
  const rows = [row('c'), row('a'), row('b'), row('a', { round: 2 })];
  const written = await readWritten(rows.map((one) => ({ row: one, line: JSON.stringify(one) })));
  expect([written.take('b'), written.take('b'), written.take('x')]).toEqual([row('b'), undefined, undefined]);
  expect([...written.rest()]).toEqual([row('c'), row('a', { round: 2 })]);
  expect([...written.rest()]).toEqual([]);
});

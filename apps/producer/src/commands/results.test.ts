import os from 'node:os';
import { expect, test } from 'vitest';
import { dailies, environmentOf } from '../../../../test/support/command-line.ts';
import { accept, newGeneration, openTestLedger } from '../../../../test/support/ledger.ts';

test('the summary of results counts the rows that were given, whatever the batch had when they began to be read', async () => {
  const { store, redis, redisUrl, tag } = openTestLedger();
  await accept(store, 'b', ['one', 'two', 'three'].map((id) => newGeneration(id)));
  // As it would be where one has moved between the two reads.
  for (const { keys } of store.shards) if ((await redis.exists(keys.batch('b'))) === 1) await redis.hset(keys.batch('b'), { 'n:queued': 2, 'n:submitting': 1 });

  const { stdout } = await dailies(environmentOf({ redisUrl, tag }), os.tmpdir(), ['results', 'b', '--json']);

  const rows = stdout.trimEnd().split('\n').map((line) => JSON.parse(line) as Record<string, unknown>);
  expect(rows.slice(0, -1).map(({ state }) => state)).toEqual(['queued', 'queued', 'queued']);
  expect(rows.at(-1)).toMatchObject({ type: 'summary', batch: 'b', total: 3, counts: { queued: 3, submitting: 0 } });
});

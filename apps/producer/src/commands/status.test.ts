import os from 'node:os';
import { pause } from '@dailies/queue';
import { expect, test } from 'vitest';
import { dailies } from '../../../../test/support/command-line.ts';
import { openTestLedger } from '../../../../test/support/ledger.ts';
import { TEST_SHARDS } from '../../../../test/support/shards.ts';

test('a machine without the keys shows which accounts are paused, why, and what ends it', async () => {
  const { store, redisUrl, tag } = openTestLedger();
  await pause(store, 'account:acedata@http://x', { reason: 'the balance is used up', kind: 'quota', polls: false });
  await pause(store, 'provider:kling@http://x:kling', { reason: 'no such endpoint', kind: 'configuration', polls: true });
  const { code, stdout } = await dailies({ REDIS_URL: redisUrl, REDIS_TAG: tag, SHARDS: String(TEST_SHARDS), LOG_LEVEL: 'silent' }, os.tmpdir(), ['status']);
  expect(code).toBe(0);
  const paused = stdout.split('\n').filter((line) => line.includes('is paused'));
  expect(paused.map((line) => line.replace(/since \S+/, 'since then'))).toEqual([
    'kling is paused, polls too, since then no such endpoint. It goes on with: dailies resume kling',
    ...['hailuo', 'pika', 'luma'].map((name) => `${name} is paused since then the balance is used up. It goes on with: dailies resume ${name}`),
  ]);
});

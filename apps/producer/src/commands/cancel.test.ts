import os from 'node:os';
import { pauses } from '@dailies/queue';
import { expect, inject, test } from 'vitest';
import { dailies, environmentOf } from '../../../../test/support/command-line.ts';
import { accept, newGeneration, openTestLedger, shardHolding } from '../../../../test/support/ledger.ts';
import { REPLICAS } from '../../../../test/support/redis.ts';

test('a cancel of a batch that is cut off says how many are canceled so far', async () => {
  const ledger = openTestLedger();
  await accept(ledger.store, 'b', Array.from({ length: 501 }, (_, at) => newGeneration(`shot-${at}`)));
  const { redis, keys } = await shardHolding(ledger.store, 'shot-500');
  await redis.del(keys.generation('shot-500'));
  await redis.set(keys.generation('shot-500'), 'cannot be read');
  const environment = { ...environmentOf(ledger), ALLEGRO_API_KEY: 'k' };

  const said = await dailies(environment, os.tmpdir(), ['cancel', 'b']);

  expect(said.stdout).toBe('500  canceled; nothing was paid\n');
  expect(said.stderr).toContain('The same command again cancels the rest.');
  expect(said.code).toBe(1);
});

test('a cancel or a pause that too few replicas of Redis have is done, and ends with 3: a fail-over could forget it', async () => {
  const ledger = openTestLedger();
  await accept(ledger.store, 'b', [newGeneration('one'), newGeneration('two')]);
  const environment = { ...environmentOf(ledger), ALLEGRO_API_KEY: 'k', REDIS_REPLICAS: String(REPLICAS[inject('redisKind')] + 1) };

  const said = await dailies(environment, os.tmpdir(), ['cancel', 'b']);
  expect(said).toMatchObject({ code: 3, stdout: '2  canceled; nothing was paid\n', stderr: expect.stringMatching(/^dailies: .*a fail-over could forget it.*\n$/) });
  expect(await dailies(environment, os.tmpdir(), ['cancel', 'one'])).toMatchObject({ code: 3, stdout: '' });
  const paused = await dailies(environment, os.tmpdir(), ['pause', 'luma']);
  expect(paused).toMatchObject({ code: 3, stdout: '', stderr: said.stderr });
  expect((await pauses(ledger.store)).map(({ scope }) => scope)).toEqual(['operator:luma']);
});

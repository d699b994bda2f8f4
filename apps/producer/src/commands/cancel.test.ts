import os from 'node:os';
import { expect, test } from 'vitest';
import { dailies, environmentOf } from '../../../../test/support/command-line.ts';
import { accept, newGeneration, openTestLedger, shardHolding } from '../../../../test/support/ledger.ts';

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

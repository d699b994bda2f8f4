import os from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';
import { dailies, environmentOf } from '../../../../test/support/command-line.ts';
import { accept, newGeneration, openTestLedger, shardHolding } from '../../../../test/support/ledger.ts';

test('who follows from a machine that has not the files is told where they are and how they come, not that they are here', async () => {
  const ledger = openTestLedger();
  await accept(ledger.store, 'b', [newGeneration('one')]);
  const there = path.join(os.tmpdir(), `${ledger.tag}-of-another-machine`);
  const { redis, keys } = await shardHolding(ledger.store, 'one');
  const files = JSON.stringify([{ kind: 'video', file: 'one.mp4', sha256: '0'.repeat(64), bytes: 1, source: '' }]);
  await redis.hset(keys.generation('one'), { state: 'succeeded', folder: there, files });
  const environment = environmentOf(ledger);

  const { code, stdout } = await dailies(environment, os.tmpdir(), ['watch', 'b']);

  expect(code).toBe(0);
  expect(stdout).toContain(`Videos    of 1 are not in ${there} on this machine: they are on the machine of the worker that stored them, or were moved or deleted\n`);
  expect(stdout).toContain('Deleted   dailies retry b fetches them again, free');
  expect(stdout).toContain('To bring  dailies results b --download --from http://THAT-MACHINE:3000 (its API, with API_HOST and API_KEYS there');
  expect(stdout).not.toContain('index.html');
  expect((await dailies(environment, os.tmpdir(), ['watch', 'b', '--json'])).stdout).toContain(`"notHere":{${JSON.stringify(there)}:1}`);
  const page = (await dailies(environment, os.tmpdir(), ['status', 'one'])).stdout;
  expect(page).toContain(`video       ${path.join(there, 'one.mp4')} (it is not there on this machine: it is on that of the worker that stored it, or was moved or deleted)\n`);
});

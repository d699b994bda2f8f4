import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { startSimulator } from '@dailies/simulator';
import { expect, onTestFinished, test } from 'vitest';
import { upstreamSettings } from '../../../../test/e2e/environment.ts';
import { dailies, environmentOf } from '../../../../test/support/command-line.ts';
import { openTestLedger } from '../../../../test/support/ledger.ts';

test('a port that is in use ends a start before anything is submitted', async () => {
  const ledger = openTestLedger();
  const simulator = await startSimulator();
  onTestFinished(() => simulator.close());
  const folder = await mkdtemp(path.join(os.tmpdir(), 'dailies-start-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const file = path.join(folder, 'one.txt');
  await writeFile(file, 'a fox\n');
  const environment = {
    ...environmentOf(ledger),
    ...upstreamSettings(simulator.url),
    WORKER_PORT: '0',
    DASHBOARD_PORT: '0',
    PORT: new URL(simulator.url).port,
  };
  const enqueued = await dailies(environment, folder, ['enqueue', file, '--provider', 'luma']);
  expect(enqueued.code, enqueued.stderr).toBe(0);

  const { code, stderr } = await dailies(environment, folder, ['start']);

  expect(code).toBe(2);
  expect(stderr).toContain(`PORT: port ${environment.PORT} is in use`);
  expect(simulator.requests()).toEqual([]);
});

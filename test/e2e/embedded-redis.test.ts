/** Without REDIS_URL: a Redis of its own in DAILIES_DIR, whose data stays and of which nothing else is left. */
import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { expect, inject, onTestFinished, test } from 'vitest';
import { embeddedProcess } from '../support/embedded-process.ts';
import { countIn } from '../support/ledger.ts';
import { processEnvironment } from './environment.ts';
import { type House, openHouse } from './house.ts';
import { startProgram } from './program.ts';
import { saidJson } from './said.ts';

/** Its own Redis is one server, whatever the suite runs on. */
const onOneServer = test.skipIf(inject('redisKind') !== 'standalone');

onOneServer('a run starts its own Redis, shows its password to nobody, leaves no process behind, and the next run knows what is done', async ({ skip }) => {
  if (process.platform !== 'linux') skip('reads /proc');
  const house = await openHouse({}, { REDIS_URL: '', REDIS_REPLICAS: '0', LUMA_FIRST_POLL_MS: '2000' });
  endServer(house, 'state');
  await house.write('prompts.txt', 'a red fox\nan old lighthouse\n');
  const words = ['run', 'prompts.txt', '--provider', 'luma', '--out', 'videos', '--json'];

  const rendering = house.simulator.nextRequest((one) => one.kind === 'create');
  const first = house.start(words);
  await rendering;
  const pid = (await embeddedProcess(path.join(house.folder, 'state'))) ?? 0;
  const password = (await house.read('state/password')).trim();
  const commands = await commandLines();
  expect(commands.get(pid)).toMatch(/redis-server|valkey-server/);
  expect([...commands.values()].filter((line) => line.includes(password))).toEqual([]);
  const { code, stdout, stderr } = await first.ended;
  expect(code, stderr).toBe(0);
  expect(saidJson(stdout).summary).toMatchObject({ counts: { succeeded: 2 } });
  expect(stdout + stderr).not.toContain(password);
  expect((await commandLines()).get(pid)).toBeUndefined();

  const second = await house.dailies(...words);
  expect(second.code, second.stderr).toBe(0);
  expect(second.stderr).toContain('0 new, 2 known');
  expect(house.simulator.ledger()).toHaveLength(2);
  expect(await countIn(house.ledger.store, ({ all }) => all)).toBe(0);
});

test('a simulated run pays nothing, leaves the real ledger and the real folder alone, and a real run afterwards is real', async () => {
  const house = await openHouse();
  endServer(house, 'state/sim');
  await house.write('prompts.txt', 'paper boats\n');
  const words = ['run', 'prompts.txt', '--provider', 'pika', '--batch', 'boats', '--json'];

  const simulated = await house.dailies(...words, '--simulate');
  expect(simulated.code, simulated.stderr).toBe(0);
  expect(simulated.stderr).toContain('Nothing is paid');
  expect(house.simulator.requests()).toEqual([]);
  expect(await countIn(house.ledger.store, ({ all }) => all)).toBe(0);

  const elsewhere = { OUT_DIR: path.join(house.folder, 'other') };
  const enqueued = await house.start(['enqueue', ...words.slice(1), '--watch', '--simulate'], { settings: elsewhere }).ended;
  expect(saidJson(enqueued.stdout).summary, 'a known batch keeps its folder').toMatchObject({ out: path.join(house.folder, 'out/boats') });
  expect(await readdir(house.folder)).not.toContain('other');

  const real = await house.dailies(...words);
  expect(real.code, real.stderr).toBe(0);
  expect(house.simulator.ledger()).toHaveLength(1);
  const [one] = saidJson(real.stdout).generations;
  expect(one?.id).toBe(saidJson(simulated.stdout).generations[0]?.id);
  expect(await readFile(path.join(house.folder, 'out/boats', one?.videos[0]?.file ?? ''), 'latin1')).toContain(one?.task?.id);
  expect((await readdir(path.join(house.folder, 'out'))).toSorted()).toEqual(['boats', 'boats-simulated']);
});

/** Whatever happens, no server of a test is left. */
function endServer(house: House, folder: string): void {
  onTestFinished(async () => {
    const pid = await embeddedProcess(path.join(house.folder, folder));
    if (pid !== null) process.kill(pid, 'SIGKILL');
  });
}

async function commandLines(): Promise<Map<number, string>> {
  const lines = new Map<number, string>();
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const line = await readFile(`/proc/${name}/cmdline`, 'utf8').catch(() => '');
    if (line !== '') lines.set(Number(name), line.replaceAll('\0', ' '));
  }
  return lines;
}

test.runIf(process.platform === 'linux')('a worker whose DAILIES_DIR cannot be made says so and ends', async () => {
  const cwd = await mkdtemp(path.join(os.tmpdir(), 'dailies-no-state-'));
  onTestFinished(() => rm(cwd, { recursive: true, force: true }));
  const worker = startProgram({ file: 'apps/worker/src/main.ts', cwd, environment: processEnvironment({ DAILIES_DIR: '/proc/dailies/state' }) });
  expect(await worker.ended).toMatchObject({ code: 2, stderr: expect.stringContaining('DAILIES_DIR: /proc/dailies/state cannot be made') as unknown });
});

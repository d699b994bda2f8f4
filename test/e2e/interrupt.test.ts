/** Ctrl-C: a clean stop, and a batch that nobody pays for behind its person's back. */
import path from 'node:path';
import { expect, test } from 'vitest';
import { ENDLESS, FINISH, inState, openHouse } from './house.ts';
import { saidJson } from './said.ts';

test('Ctrl-C ends a run with 130, a lone worker submits nothing of its batch, and the same command finishes it', async () => {
  const house = await openHouse({ durations: ENDLESS }, { KLING_MAX_IN_FLIGHT: '1' });
  await house.write('prompts.txt', 'a red fox\nan old lighthouse\npaper boats\n');
  const words = ['run', 'prompts.txt', '--provider', 'kling', '--batch', 'stopped', '--json'];

  const interrupted = house.start(words);
  await house.until('stopped', (all) => inState(all, 'rendering').length === 1);
  interrupted.kill('SIGINT');
  const { code, stdout, stderr } = await interrupted.ended;
  expect(code, stderr).toBe(130);
  expect(stderr).toContain('Stopping');
  expect(saidJson(stdout).summary).toMatchObject({ exitCode: 130, counts: { rendering: 1, queued: 2 } });

  house.simulator.faults.add(...FINISH);
  await house.worker();
  // What is paid it collects; what is queued it takes from its queue, and lays aside.
  await house.until('stopped', (all) => inState(all, 'succeeded').length === 1 && all.filter(({ held }) => held === 'unattended').length === 2);
  expect(house.simulator.ledger()).toHaveLength(1);
  const [first] = inState(await house.generations('stopped'), 'queued');
  expect((await house.dailies('status', first?.id ?? '')).stdout).toContain('run its file again, or watch its batch');

  const again = await house.dailies(...words);
  expect(again.code, again.stderr).toBe(0);
  expect(saidJson(again.stdout).summary).toMatchObject({ counts: { succeeded: 3 } });
  expect(house.simulator.ledger()).toHaveLength(3);
});

test('a second Ctrl-C ends at once and names what may have been billed; the first has written into the folder what renders', async () => {
  // Longer than any test: what ends has not waited for its answer.
  // The first is answered when the folder was written for the start.
  const faults = [{ on: 'create', what: 'late-answer', ms: 1_500, match: 'fox' }, { on: 'create', what: 'silence', match: 'lighthouse' }] as const;
  const house = await openHouse({ faults: [...faults], durations: ENDLESS }, { UPSTREAM_TIMEOUT_MS: '600000', STOP_DEADLINE_MS: '610000' });
  await house.write('prompts.txt', 'a red fox\nan old lighthouse\n');
  const taken = house.simulator.nextRequest((one) => one.fault === 'silence');
  const run = house.start(['run', 'prompts.txt', '--provider', 'kling', '--batch', 'hasty']);
  await taken;
  run.kill('SIGINT');
  await run.says('Stopping: waiting for 1 submit under way');
  const [renders, silent] = await house.generations('hasty');
  const manifest = (): Promise<string> => house.read('out/hasty/manifest.jsonl').catch(() => '');
  await expect.poll(manifest).toContain(`"id":"${renders?.id}","state":"rendering"`);
  // As a person does. One that comes too soon after the first is taken for its echo.
  const pressing = setInterval(() => run.kill('SIGINT'), 100);
  const { code, stderr } = await run.ended.finally(() => clearInterval(pressing));
  expect(code).toBe(130);
  expect(stderr).toContain(`May have been billed, to be settled by the next run: ${silent?.id}`);
});

test('Ctrl-C before the prompts were taken in enqueues nothing', async () => {
  const house = await openHouse();
  await house.write('prompts.txt', 'a red fox\n');
  // As soon as anybody listens for it.
  await house.write('hasty.mjs', "process.on('newListener', (name) => name === 'SIGINT' && setImmediate(() => process.emit('SIGINT')));\n");
  const run = house.start(['run', 'prompts.txt', '--provider', 'kling', '--batch', 'early'], { preload: path.join(house.folder, 'hasty.mjs') });
  const { code, stderr } = await run.ended;
  expect(code, stderr).toBe(130);
  expect(stderr).toContain('Nothing was enqueued');
  expect(await house.generations('early')).toEqual([]);
  expect(house.simulator.requests()).toEqual([]);
});

test('who follows what renders without a worker is told so, and told again by Ctrl-C, which says that only the watching has ended', async () => {
  const house = await openHouse({ durations: ENDLESS }, { KLING_MAX_IN_FLIGHT: '1' });
  await house.write('prompts.txt', 'a red fox\n');
  await house.dailies('enqueue', 'prompts.txt', '--provider', 'kling', '--batch', 'followed');
  const worker = await house.worker();
  await house.until('followed', (all) => inState(all, 'rendering').length === 1);
  worker.kill('SIGTERM');
  await worker.ended;

  const watching = house.start(['watch', 'followed']);
  await watching.says('No worker is running');
  watching.kill('SIGINT');
  const { code, stdout } = await watching.ended;
  expect(code).toBe(130);
  expect(stdout).toContain('Interrupted: only the watching has ended. No worker is running now: `npm start` runs one, and `dailies run` is one. To follow again: dailies watch followed\n');
});

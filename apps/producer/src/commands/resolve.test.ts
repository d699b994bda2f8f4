import os from 'node:os';
import { pause } from '@dailies/queue';
import { expect, test } from 'vitest';
import { dailies, environmentOf } from '../../../../test/support/command-line.ts';
import { accept, newGeneration, openTestLedger, shardHolding } from '../../../../test/support/ledger.ts';
import { resolutionOf } from './resolve.ts';

test('one word is taken as it is', () => {
  expect(resolutionOf({ task: 'abc' })).toEqual({ what: 'task', task: 'abc' });
  expect(resolutionOf({ resubmit: true })).toEqual({ what: 'resubmit' });
  expect(resolutionOf({ abandon: true })).toEqual({ what: 'abandon' });
});

test.each([[{}], [{ resubmit: true, abandon: true }], [{ task: 'abc', resubmit: true }]])('none, or more than one, is refused: %j', (options) => {
  expect(() => resolutionOf(options)).toThrow('exactly one');
});

test('a word on a batch is told that it is one, and what names those of it that need a word', async () => {
  const { store, redisUrl, tag } = openTestLedger();
  await accept(store, 'films', [newGeneration('one')]);
  await accept(store, 'twin', [newGeneration('twin')]);
  const environment = environmentOf({ redisUrl, tag });
  const ask = (name: string) => dailies(environment, os.tmpdir(), ['resolve', name, '--abandon', '--json']);

  const { code, stdout, stderr } = await ask('films');
  expect(code).toBe(2);
  expect(stderr).toContain('films: it is a batch: `dailies status films` names those of it that need your word.');
  expect(JSON.parse(stdout)).toMatchObject({ id: 'films', done: false, message: expect.stringContaining('it is a batch') as string });
  expect((await ask('nothing')).stderr).toContain('nothing: there is no generation nothing; what was simulated is found with --simulate.');
  expect((await ask('twin')).stderr).not.toContain('batch');
});

test('what is sent again is said to wait for a run of its attended batch, and for the pause of its provider', async () => {
  const ledger = openTestLedger();
  await accept(ledger.store, 'seen', [newGeneration('asked')], true);
  const { redis, keys } = await shardHolding(ledger.store, 'asked');
  await redis.hset(keys.generation('asked'), { state: 'unresolved' });
  await pause(ledger.store, 'operator:allegro', { reason: 'ask Ann', kind: 'operator', polls: false });

  const { code, stderr } = await dailies(environmentOf(ledger), os.tmpdir(), ['resolve', 'asked', '--resubmit']);
  expect(code).toBe(0);
  expect(stderr).toContain('This batch is attended: run its file again, or `dailies watch seen` beside a worker.');
  expect(stderr).toContain('1 of allegro waits under a pause');
});

import os from 'node:os';
import { expect, test } from 'vitest';
import { dailies, environmentOf } from '../../../../test/support/command-line.ts';
import { accept, newGeneration, openTestLedger } from '../../../../test/support/ledger.ts';
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

import { endpointId, hold, holdRestored, loadConfig, noteDownloadWait, noteFailure, pause, speak } from '@dailies/queue';
import { expect, test } from 'vitest';
import { accept, newGeneration, openTestLedger } from '../../../../test/support/ledger.ts';
import { checkLedger } from './ledger.ts';

test('a pause names its providers, why, and what to do; one that the upstream causes is wrong, one by a person is not', async () => {
  const { store } = openTestLedger();
  await pause(store, 'account:acedata@http://x', { reason: 'used up', kind: 'quota', polls: false });
  await pause(store, 'provider:kling@http://x:kling', { reason: 'no such model', kind: 'delisted', polls: false });
  await pause(store, 'operator:allegro', { reason: 'ask Ann', kind: 'operator', polls: false });
  const found = await checkLedger(store, loadConfig({}, { root: './', cwd: './' }), ' --simulate');
  expect(new Set(found)).toEqual(
    new Set([
      {
        level: 'error',
        about: 'pauses',
        what: 'hailuo, pika, luma are paused: the money: balance or quota is used up: used up.',
        remedy: 'Fill it: one submit tests it every ten minutes, and a resume at once. It goes on with: dailies resume hailuo --simulate',
      },
      {
        level: 'error',
        about: 'pauses',
        what: 'kling is paused: the upstream does not offer it to this key: no such model.',
        remedy: "Enable it in the upstream's console, and resume. It goes on with: dailies resume kling --simulate",
      },
      {
        level: 'warn',
        about: 'pauses',
        what: 'allegro is paused: a person paused it: ask Ann.',
        remedy: 'It goes on with: dailies resume allegro --simulate',
      },
    ]),
  );
});

test('downloads that wait are wrong, also for the disk of another machine, and for a bucket', async () => {
  const { store } = openTestLedger();
  await noteDownloadWait(store, { machine: 'render-7', folder: '/videos', reason: 'the disk is full', since: 0 });
  await noteDownloadWait(store, { machine: 'render-7', folder: 's3://films', reason: 'it is away', since: 1 });
  const found = await checkLedger(store, loadConfig({}, { root: './', cwd: './' }), '');
  expect(found).toMatchObject([
    { level: 'error', about: 'disk', what: 'Downloads wait on render-7 since 1970-01-01T00:00:00.000Z: the disk is full' },
    { level: 'error', about: 'bucket', what: 'Downloads wait on render-7 since 1970-01-01T00:00:00.001Z: it is away' },
  ]);
});

test('a webhook that is disabled is wrong, and work on its way without a worker is worth knowing, unless it is held for a person, until one speaks', async () => {
  const { store, generation } = openTestLedger();
  const url = 'https://hooks.example/gone';
  await noteFailure(store, url, { why: 'HTTP 500', by: 'a' }, { afterMs: 86_400_000, afterFailures: 2 });
  const config = loadConfig({}, { root: './', cwd: './' });
  expect(await checkLedger(store, config, '')).toEqual([]);
  await noteFailure(store, url, { why: 'HTTP 500', by: 'b' }, { afterMs: 0, afterFailures: 2 });
  await accept(store, 'boats', [newGeneration('one'), newGeneration('two')]);

  const disabled = {
    level: 'error',
    about: 'webhooks',
    what: `${url} is disabled: failed 2 times in a row, the last time: HTTP 500.`,
    remedy: `It gets nothing until: dailies webhooks --enable ${endpointId(url)} --simulate. ` +
      `If it is gone for good: dailies webhooks --forget ${endpointId(url)} --simulate`,
  };
  const alone = { level: 'warn', about: 'workers', what: 'No worker is heard of, and 2 generations are on the way.' };
  expect(await checkLedger(store, config, ' --simulate')).toEqual([expect.objectContaining(alone), disabled]);
  await hold(store, await generation('one'), 'dropped');
  const left = { ...alone, what: 'No worker is heard of, and 1 generation is on the way.' };
  expect(await checkLedger(store, config, ' --simulate')).toEqual([expect.objectContaining(left), disabled]);
  await hold(store, await generation('two'), 'unattended');
  expect(await checkLedger(store, config, ' --simulate')).toEqual([disabled]);
  await accept(store, 'boats', [newGeneration('three')]);
  await speak(store, 'render-7', { unanswered: {} });
  expect(await checkLedger(store, config, ' --simulate')).toEqual([disabled]);
});

test('a ledger that was rolled back holds every provider, also on a machine without keys', async () => {
  const { store } = openTestLedger();
  await holdRestored(store);
  const [found, ...rest] = await checkLedger(store, loadConfig({}, { root: './', cwd: './' }), '');
  expect(rest).toEqual([]);
  expect(found).toMatchObject({ level: 'error', remedy: 'Nothing is submitted until: dailies doctor --after-restore' });
  expect(found?.what).toMatch(/^allegro, kling, hailuo, pika, luma are paused: us: this Redis was rolled back: this Redis is older than /);
});

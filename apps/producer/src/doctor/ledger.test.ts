import { holdRestored, loadConfig, noteDownloadWait, pause } from '@dailies/queue';
import { expect, test } from 'vitest';
import { openTestLedger } from '../../../../test/support/ledger.ts';
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

test('a ledger that was rolled back holds every provider, also on a machine without keys', async () => {
  const { store } = openTestLedger();
  await holdRestored(store);
  const [found, ...rest] = await checkLedger(store, loadConfig({}, { root: './', cwd: './' }), '');
  expect(rest).toEqual([]);
  expect(found).toMatchObject({ level: 'error', remedy: 'Nothing is submitted until: dailies doctor --after-restore' });
  expect(found?.what).toMatch(/^allegro, kling, hailuo, pika, luma are paused: us: this Redis was rolled back: this Redis is older than /);
});

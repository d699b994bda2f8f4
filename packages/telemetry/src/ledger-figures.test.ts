import { expect, test } from 'vitest';
import {
  endDownloadWait, endpointId, enableEndpoint, HELD_REASONS, hold, loadConfig, noteDownloadWait, noteFailure, release, speak, type Store, takeLeave,
} from '@dailies/queue';
import { accept, newGeneration, openTestLedger } from '../../../test/support/ledger.ts';
import { createMeter } from './meter.ts';
import { createMetricsPage } from './metrics-page.ts';

const held = (provider: string, reason: string, count: number): string => `{provider="${provider}",reason="${reason}"} ${count}`;

const AT_ONCE = { afterMs: 0, afterFailures: 1 };
const LATER = { afterMs: 0, afterFailures: 10 };

/** What a scrape says of one metric: its lines without the name. */
function scrapeOf(store: Store): (name: string) => Promise<string[]> {
  const page = createMetricsPage(createMeter(), store, loadConfig({}, { root: '/', cwd: '/' }));
  return async (name) => {
    // On a busy machine a scrape may give up, and leaves the figures out then.
    let text = '';
    await expect.poll(async () => (text = await page.text()), { timeout: 30_000 }).toContain('dailies_redis_up 1');
    return text.split('\n').flatMap((line) => (line.startsWith(name) ? [line.slice(name.length).trim()] : []));
  };
}

test('what is held is counted by provider and reason, also of an account that is configured nowhere, until it is released or a worker has the account', async () => {
  const { store, queues, generation } = openTestLedger();
  const scrape = scrapeOf(store);
  const luma = ['one', 'two', 'three'].map((id) => newGeneration(id, { provider: 'luma', account: 'acedata@http://gone' }));
  await accept(store, 'b', [newGeneration('four'), newGeneration('moves'), ...luma]);
  expect(await scrape('dailies_held')).toEqual(['allegro', 'kling', 'hailuo', 'pika', 'luma'].flatMap((name) => HELD_REASONS.map((reason) => held(name, reason, 0))));
  for (const id of ['one', 'two']) await hold(store, await generation(id), 'origin');
  for (const id of ['three', 'four']) await hold(store, await generation(id), 'dropped');
  const wanted = [held('luma', 'origin', 2), held('luma', 'dropped', 1), held('allegro', 'dropped', 1)];
  expect((await scrape('dailies_held')).filter((line) => !line.endsWith(' 0')).toSorted()).toEqual(wanted.toSorted());
  expect([await scrape('dailies_few_replicas'), await scrape('dailies_wrong_clocks')]).toEqual([['0'], ['0']]);
  await speak(store, 'w1', { unanswered: {}, fewReplicas: [0], clockAheadMs: -5_000, accounts: { luma: 'acedata@http://gone' } });
  expect([await scrape('dailies_few_replicas'), await scrape('dailies_wrong_clocks')]).toEqual([['1'], ['1']]);
  expect((await scrape('dailies_held')).filter((line) => line.includes('luma'))).toEqual(HELD_REASONS.map((reason) => held('luma', reason, reason === 'dropped' ? 1 : 0)));
  await takeLeave(store, 'w1');
  expect(await scrape('dailies_held')).toContain(held('luma', 'origin', 2));
  await release(store, queues, ['one', 'two'], ['origin']);
  expect(await scrape('dailies_held')).toContain(held('luma', 'origin', 0));
});

test('of more than are read, the number held is exact, and the reasons are estimated', async () => {
  const { store, generation } = openTestLedger();
  const items = Array.from({ length: 1_300 }, (_, at) => newGeneration(`g${at}`));
  await accept(store, 'b', items);
  await Promise.all(items.map(async ({ id }, at) => hold(store, await generation(id), at % 13 === 0 ? 'origin' : 'dropped')));
  const figures = (await scrapeOf(store)('dailies_held')).filter((line) => line.includes('allegro'));
  const [origin, dropped] = (['origin', 'dropped'] as const).map((reason) => Number(figures.find((line) => line.includes(reason))?.split(' ')[1]));
  expect(Math.abs((origin ?? 0) + (dropped ?? 0) - 1_300)).toBeLessThanOrEqual(1);
  expect(origin).toBeGreaterThan(50);
  expect(origin).toBeLessThan(150);
});

test('a machine whose downloads wait counts once, however many folders they wait for, and no longer than they wait', async () => {
  const { store } = openTestLedger();
  const scrape = scrapeOf(store);
  expect(await scrape('dailies_download_waits')).toEqual(['0']);
  const places = [['one', '/films/a'], ['one', '/films/b'], ['two', 's3://films']].map(([machine = '', folder = '']) => ({ machine, folder }));
  // A clock that is ahead makes no difference.
  for (const place of places) await noteDownloadWait(store, { ...place, reason: 'no room', since: Date.now() + 60_000 });
  expect(await scrape('dailies_download_waits')).toEqual(['2']);
  for (const place of places.slice(0, 2)) await endDownloadWait(store, place);
  expect(await scrape('dailies_download_waits')).toEqual(['1']);
});

test('a webhook endpoint counts once, as disabled if any shard has disabled it, until a person enables it', async () => {
  const desk = openTestLedger(undefined, 4);
  const scrape = scrapeOf(desk.store);
  const [first, second, third] = desk.store.shards as [Store, Store, Store];
  const url = 'https://hooks.example/disabled';
  expect(await scrape('dailies_webhook_endpoints')).toEqual(['{state="failing"} 0', '{state="disabled"} 0']);
  await noteFailure(first, url, { why: 'HTTP 500', by: 'a' }, LATER);
  await noteFailure(second, url, { why: 'HTTP 500', by: 'b' }, AT_ONCE);
  await noteFailure(third, 'https://hooks.example/failing', { why: 'HTTP 500', by: 'c' }, LATER);
  expect(await scrape('dailies_webhook_endpoints')).toEqual(['{state="failing"} 1', '{state="disabled"} 1']);
  await enableEndpoint(desk, url);
  expect(await scrape('dailies_webhook_endpoints')).toEqual(['{state="failing"} 1', '{state="disabled"} 0']);
});

test('a disabled endpoint is among those that are counted, however many others have failed since, and one whose record has expired is not', async () => {
  const { store, redis } = openTestLedger(undefined, 1);
  await noteFailure(store, 'https://hooks.example/expired', { why: 'HTTP 500', by: 'x' }, AT_ONCE);
  await redis.del(store.keys.endpoint(endpointId('https://hooks.example/expired')));
  await noteFailure(store, 'https://hooks.example/disabled', { why: 'HTTP 500', by: 'y' }, AT_ONCE);
  await Promise.all(Array.from({ length: 600 }, (_, at) => noteFailure(store, `https://hooks.example/${at}`, { why: 'HTTP 500', by: `${at}` }, LATER)));
  expect(await scrapeOf(store)('dailies_webhook_endpoints')).toEqual(['{state="failing"} 498', '{state="disabled"} 1']);
});

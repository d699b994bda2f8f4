/** A live page while somebody works on it: it shows the present state, whatever form is open on it and however its connection was interrupted. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { cancelGeneration, createGenerations, jobId, pause, resume } from '@dailies/queue';
import { afterAll, beforeAll, describe, expect, inject, it, onTestFinished } from 'vitest';
import type { Page, Route } from 'playwright-core';
import type { House } from '../../apps/dashboard/src/testing/house.ts';
import { move, queued, submit } from '../../apps/dashboard/src/testing/scene.ts';
import { findChromium } from './chromium.ts';
import { openSignedIn } from './signed-in.ts';

const program = findChromium();

let house: House;
let page: Page;
let close: (() => Promise<void>) | undefined;

describe.skipIf(program === null)('a live page', () => {
  beforeAll(async () => {
    ({ house, page, close } = await openSignedIn(inject('redisUrl'), program ?? ''));
  });

  afterAll(() => close?.());

  it('says of a provider that it is paused also to who has the form for a pause open, and keeps what is typed there', async () => {
    await page.goto(house.url);
    const card = page.locator('#p-allegro');
    await card.getByText('Pause…').click();
    await card.getByLabel('Reason').fill('half a reason');
    await pause(house.desk.store, 'operator:allegro', { reason: 'somebody else was faster', kind: 'operator', polls: false });
    await queued(house, { id: 'moves' });
    await card.getByText('somebody else was faster').waitFor();
    expect(await card.getByLabel('Reason').inputValue()).toBe('half a reason');
    await resume(house.desk.store, 'allegro', []);
  });

  it('says how a generation stands also to who has one of its forms open', async () => {
    await queued(house, { id: 'goes-on' });
    await house.desk.queues.get('allegro-submit').remove(jobId('goes-on', 1));
    await page.goto(`${house.url}/generations/goes-on`);
    await page.getByText('Cancel…').click();
    await submit(house, { id: 'goes-on' });
    await page.locator('#head .badge', { hasText: 'rendering' }).waitFor();
    expect(await page.getByRole('button', { name: 'Cancel', exact: true }).isVisible()).toBe(true);
    await page.locator('#jobs').getByText('allegro-poll goes-on').waitFor();
  });

  it('shows the card of a provider that is first used while the overview is open, in its place, and keeps what is typed in another', async () => {
    await page.goto(house.url);
    const names = () => page.locator('#cards h2').allTextContents();
    expect(await names()).toEqual(['allegro']);
    await page.locator('#p-allegro').getByText('Pause…').click();
    await page.locator('#p-allegro').getByLabel('Reason').fill('half a reason');
    for (const provider of ['luma', 'kling'] as const) {
      const item = { id: `first-${provider}`, provider, account: `${provider}@http://x`, ask: { prompt: 'x' }, request: {}, fingerprint: provider, priority: 1, metadata: null };
      await createGenerations(house.desk.store, { batch: null, lane: 'test', attended: false, items: [item] });
    }
    await expect.poll(names).toEqual(['allegro', 'kling', 'luma']);
    expect(await page.locator('#unused').textContent()).toBe('Without a key or work: hailuo, pika.');
    expect(await page.locator('#p-allegro').getByLabel('Reason').inputValue()).toBe('half a reason');
    await cancelGeneration(house.desk, 'first-kling');
    await page.locator('#p-kling li:not(.none) .s-canceled').waitFor();
  });

  it('offers to act on as many as it has found', async () => {
    await page.goto(`${house.url}/generations?q=of+comes`);
    await page.getByText('0 found').waitFor();
    await queued(house, { id: 'comes-1' });
    await page.getByText('All 1 found').waitFor();
    await queued(house, { id: 'comes-2' });
    await page.getByText('All 2 found').waitFor();
  });

  it('leaves a list alone in which nothing has changed, so that no screen reader says its count again', async () => {
    await page.evaluate("window.before = ['#count', '#found table'].map((one) => document.querySelector(one).firstChild)");
    await queued(house, { id: 'another', title: 'Not of what was searched' });
    const all = await house.desk.store.redis.zcard(house.desk.store.keys.all);
    await page.getByText(`of ${all} ·`).waitFor();
    expect(await page.evaluate('window.before.map((one) => one.isConnected)')).toEqual([true, true]);
  });

  it('leaves text to who has just marked it to copy it, and shows the present state after that', async () => {
    await queued(house, { id: 'copied' });
    await page.clock.install();
    await page.goto(`${house.url}/generations/copied`);
    await page.evaluate("getSelection().selectAllChildren(document.querySelector('#facts code'))");
    await submit(house, { id: 'copied' });
    await page.locator('#head .s-rendering').waitFor();
    expect(await page.evaluate('String(getSelection())')).toBe('copied');
    await page.clock.fastForward(16_000);
    await page.locator('#facts').getByText('Upstream task').waitFor();
  });

  it('asks once at a time, says when no answer comes at all, and is right as soon as there is one again', async () => {
    await queued(house, { id: 'slow' });
    const open: Route[] = [];
    let lines = 0;
    page.on('request', (request) => (lines += Number(request.url().endsWith('/live'))));
    await page.clock.install();
    await page.route(`${house.url}/generations/slow`, (route) => (route.request().headers()['x-live'] === undefined ? route.continue() : open.push(route)));
    await page.goto(`${house.url}/generations/slow`);
    await expect.poll(() => open.length).toBe(1);
    await page.clock.runFor(12_000);
    await page.evaluate("fetch('/healthz')");
    expect(open.length).toBe(1);
    await expect.poll(() => page.clock.runFor(500).then(() => page.locator('#live-state').textContent())).toContain('does not answer');
    expect(open.length, 'a dashboard that needs long has a rest').toBe(1);
    await submit(house, { id: 'slow' });
    await page.unrouteAll();
    await expect.poll(() => page.clock.runFor(4_000).then(() => page.locator('#head .s-rendering').count())).toBe(1);
    expect(await page.locator('#live-state').isVisible()).toBe(false);
    expect(lines).toBe(2);
  });

  it('says in the inbox that something is overdue since it was opened', async () => {
    await queued(house, { id: 'late' });
    await submit(house, { id: 'late' });
    await page.goto(`${house.url}/inbox`);
    await move(house, 'late', 'overdue', {});
    await page.getByText('1 overdue').waitFor();
  });

  it('keeps nothing of what it has read, also where there is a video', async () => {
    const folder = await mkdtemp(path.join(os.tmpdir(), 'dailies-live-page-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    await writeFile(path.join(folder, 'played.mp4'), '0123456789');
    const file = { kind: 'video' as const, file: 'played.mp4', sha256: 'a'.repeat(64), bytes: 10, source: 'https://assets.example/v.mp4' };
    await queued(house, { id: 'played' });
    await submit(house, { id: 'played' });
    await move(house, 'played', 'downloading', {});
    await move(house, 'played', 'succeeded', { finishedAt: Date.now(), folder, files: [file] });
    let answers = 0;
    page.on('response', (response) => (answers += Number(response.request().headers()['x-live'] !== undefined)));
    await page.clock.install();
    await page.goto(`${house.url}/generations/played`);
    await page.locator('video').waitFor({ state: 'attached' });
    const before = await documentsOf(page);
    await expect.poll(() => page.clock.runFor(10_000).then(() => answers)).toBeGreaterThan(12);
    expect(await documentsOf(page)).toBeLessThan(before + 6);
  });

  it('has its line again after an answer that was none, of a proxy whose dashboard starts anew', async () => {
    const answers: number[] = [];
    page.on('response', (response) => response.url().endsWith('/live') && answers.push(response.status()));
    await page.route('**/live', (route) => route.fulfill({ status: 502, body: 'Bad Gateway' }), { times: 1 });
    await page.clock.install();
    await page.goto(house.url);
    await expect.poll(() => answers).toEqual([502]);
    await expect.poll(() => page.clock.runFor(11_000).then(() => answers)).toEqual([502, 200]);
  });
});

/** How many documents the browser holds for the page. */
async function documentsOf(page: Page): Promise<number> {
  const session = await page.context().newCDPSession(page);
  await session.send('HeapProfiler.collectGarbage');
  return (await session.send('Memory.getDOMCounters')).documents;
}

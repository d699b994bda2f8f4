/**
 * A night of an operator, in a real browser, with a real worker and the simulated upstreams: a batch moves, some of it fails, one is unresolved.
 * One walk, since each step follows from the one before.
 */
import { createLog, readBatch, SIMULATED_KEY } from '@dailies/queue';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { createDashboard } from '../../apps/dashboard/src/index.ts';
import { type Rig, openRig } from '../support/rig.ts';
import { findChromium, openChromium } from './chromium.ts';
import { logIn, openWatchfulPage } from './watchful-page.ts';

const program = findChromium();
const PASSWORD = 'a night at the dashboard';
const REASON = 'the prompt names a real person';
const PROMPTS = [
  'a red fox runs through fresh snow at dawn', 'paper boats on a river of ink', 'a lighthouse in heavy rain, hand-held camera',
  'two dancers under the northern lights', 'a glass whale over a burning desert', 'a night train behind thick fog', 'wild horses in slow motion',
  'a tin robot in a crowded market',
];

let browser: Browser;
beforeAll(async () => {
  if (program !== null) browser = await openChromium(program);
});
afterAll(() => browser?.close());

async function openScene() {
  const rig = await openRig(
    {
      faults: [
        { on: 'create', what: 'task-fails', provider: 'kling', match: 'famous', code: '1301', reason: REASON, times: 1 },
        { on: 'create', what: 'reset-after-read', provider: 'allegro', match: 'nobody knows', times: 1 },
      ],
    },
    { DASHBOARD_PORT: '0', DASHBOARD_PASSWORD: PASSWORD, ALLEGRO_API_KEY: SIMULATED_KEY, KLING_API_KEY: SIMULATED_KEY, ACEDATA_API_KEY: SIMULATED_KEY },
  );
  const dashboard = createDashboard({ config: rig.config, redisUrl: rig.redisUrl, log: createLog({ level: 'silent', name: 'test' }) });
  onTestFinished(() => dashboard.stop(2_000));
  const { url } = await dashboard.start();
  const ids = await rig.enqueue('night-shoot', [
    ...PROMPTS.map((prompt) => ({ provider: 'luma' as const, ask: { prompt } })),
    { provider: 'kling', ask: { prompt: 'a famous singer waves from a balcony', params: { duration: '5' } } },
    { provider: 'allegro', ask: { prompt: 'a slow boat of which nobody knows anything' } },
  ]);
  return { rig, url, ids };
}

describe.skipIf(program === null)('the dashboard in a browser', () => {
  // As long as a browser on a busy machine may take for a whole night.
  test('an operator watches a batch, finds what failed, retries it, resolves, pauses and resumes', { timeout: 120_000 }, async () => {
    const { rig, url } = await openScene();
    const { page, complaints, lookForBarriers, picture } = await openWatchfulPage(browser, url);
    const badge = (state: string) => page.locator('#head .lead .badge', { hasText: state });
    await logIn(page, url, 'admin', PASSWORD);

    // Watches a running batch move, without a reload.
    await page.getByRole('link', { name: 'Batches', exact: true }).click();
    await page.getByRole('link', { name: 'night-shoot' }).click();
    await page.locator('#head progress[value="0"]').waitFor();
    await rig.worker();
    await page.locator('#head progress[value="10"]').waitFor({ timeout: 40_000 });
    expect((await readBatch(rig.store, 'night-shoot'))?.counts).toMatchObject({ succeeded: 8, failed: 1, unresolved: 1 });
    await lookForBarriers('batch');
    await picture('batch');

    // Filters to the failed ones, opens one, sees the real reason, retries it, sees it succeed.
    await page.getByRole('link', { name: 'Generations', exact: true }).click();
    await page.getByRole('checkbox', { name: 'failed' }).check();
    await page.getByRole('button', { name: 'Search' }).click();
    await page.locator('#found').getByText('1 found').waitFor();
    await lookForBarriers('generations');
    await page.getByRole('link', { name: 'a famous singer' }).click();
    await badge('failed').waitFor();
    await page.locator('#head .reason').getByText(REASON).waitFor();
    await page.getByText('Submit again…').click();
    await page.getByLabel('I know that this may be paid again').check();
    await page.getByRole('button', { name: 'Submit again' }).click();
    await badge('succeeded').waitFor();
    await page.locator('video').waitFor();
    await expect.poll(() => page.evaluate('document.querySelector("video").readyState')).toBeGreaterThan(0);
    await lookForBarriers('generation');
    await picture('generation');

    // Adopts the task of the unresolved one, which the upstream's console shows.
    await page.getByRole('link', { name: 'Unresolved', exact: true }).click();
    await lookForBarriers('inbox');
    await picture('unresolved');
    await page.getByLabel('Its task id').fill(taskOf(rig, 'nobody knows'));
    await page.getByRole('button', { name: 'Adopt the task' }).click();
    await badge('succeeded').waitFor();
    expect(rig.simulator.ledger().filter(({ prompt }) => prompt.includes('nobody knows'))).toHaveLength(1);

    // Pauses and resumes a provider.
    await page.getByRole('link', { name: 'Overview', exact: true }).click();
    const card = page.locator('#p-luma');
    await card.getByText('Pause…').click();
    await card.getByLabel('Reason').fill('waiting for the bill');
    await card.getByRole('button', { name: 'Pause luma' }).click();
    await page.locator('.notice').getByText('luma is paused').waitFor();
    await card.getByText('a person paused it: waiting for the bill (admin)').waitFor();
    await page.locator('.u-over').first().waitFor();
    expect(await inkOf(page), 'colours of the first chart').toBeGreaterThan(1);
    await lookForBarriers('overview');
    await picture('overview');
    await card.getByRole('button', { name: 'Resume luma' }).click();
    await card.getByText('submits may leave').waitFor();

    // All of it is in the audit log.
    await page.getByRole('link', { name: 'Audit', exact: true }).click();
    for (const what of ['login', 'retry', 'resolve task', 'pause', 'resume']) await page.getByRole('cell', { name: what, exact: true }).first().waitFor();
    await lookForBarriers('audit');
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByRole('button', { name: 'Sign in' }).waitFor();
    await lookForBarriers('login');
    expect(complaints).toEqual([]);
  });

  test('all that were found are retried after a preview, bound to what it said', { timeout: 120_000 }, async () => {
    const { rig, url, ids } = await openScene();
    const { page, complaints, lookForBarriers } = await openWatchfulPage(browser, url, { width: 400, dark: true });
    await rig.worker();
    await rig.reached(ids, ['succeeded', 'failed', 'unresolved']);
    await logIn(page, url, 'admin', PASSWORD);
    await lookForBarriers('overview on a phone');
    await page.goto(`${url}/generations?batch=night-shoot`);
    await page.locator('#found').getByText('10 found').waitFor();
    await lookForBarriers('generations on a phone');
    await page.getByRole('button', { name: 'Retry…' }).click();
    await page.getByText('1 will be submitted again: may be paid again').waitFor();
    await page.getByText('1 need your word one by one').waitFor();
    await lookForBarriers('preview on a phone');
    await page.getByLabel('I know that 1 may be paid again').check();
    await page.getByRole('button', { name: 'Retry 1' }).click();
    await page.locator('.notice').getByText('Retried: 1. Left as they were: 9.').waitFor();
    await page.goBack();
    await page.locator('.notice').getByText('was carried out already').waitFor();
    await rig.reached(ids.slice(8, 9), ['succeeded']);
    expect(await rig.generation(ids[9] ?? '')).toMatchObject({ state: 'unresolved', round: 1 });
    for (const route of ['/inbox', '/batches', '/batches/night-shoot', `/generations/${ids[8]}`, '/audit']) {
      await page.goto(`${url}${route}`);
      await lookForBarriers(`${route} on a phone`);
    }
    expect(complaints).toEqual([]);
  });
});

/** Hues that are drawn: a chart whose colours the canvas does not understand is black. */
function inkOf(page: Page): Promise<number> {
  return page.evaluate(`(() => {
    const canvas = document.querySelector('.uplot canvas');
    const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
    const hues = new Set();
    for (let at = 0; at < data.length; at += 4) {
      const [r, g, b, a] = data.subarray(at, at + 4);
      if (a > 200 && Math.max(r, g, b) - Math.min(r, g, b) > 60) hues.add(Math.round(Math.atan2(1.732 * (g - b), 2 * r - g - b)));
    }
    return hues.size;
  })()`);
}

function taskOf(rig: Rig, words: string): string {
  const row = rig.simulator.ledger().find(({ prompt }) => prompt.includes(words));
  if (row === undefined) throw new Error(`nobody paid for ${words}`);
  return row.taskId;
}

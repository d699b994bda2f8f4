/** What people and upstreams write may be one word without an end: in a real browser, nothing else becomes unreadable by it. */
import { afterAll, beforeAll, describe, expect, inject, it, onTestFinished } from 'vitest';
import type { Browser } from 'playwright-core';
import { noteFailure } from '@dailies/queue';
import { type House, openHouse } from '../../apps/dashboard/src/testing/house.ts';
import { failed, succeeded } from '../../apps/dashboard/src/testing/scene.ts';
import { findChromium, openChromium } from './chromium.ts';
import { logIn, openWatchfulPage } from './watchful-page.ts';

const program = findChromium();
const LONG_ID = `A${'b'.repeat(63)}`;

let house: House;
let browser: Browser;

describe.skipIf(program === null)('long words in a browser', () => {
  beforeAll(async () => {
    house = await openHouse(inject('redisUrl'));
    await failed(
      house,
      { id: 'gfail', title: 'a quiet street at dawn, seen from a window' },
      { kind: 'moderated', message: `the prompt names a real person ${'word '.repeat(40)}`, code: '1301', retryable: false },
    );
    await succeeded(house, { id: LONG_ID, title: '🎬'.repeat(100) });
    const rules = { afterMs: 0, afterFailures: 1 };
    await noteFailure(house.desk.store, `https://hooks.example/${'path/'.repeat(40)}`, { why: 'HTTP 500', by: 'a' }, rules);
    browser = await openChromium(program ?? '');
  });

  afterAll(async () => {
    await browser?.close();
    await house?.close();
  });

  async function open(width: number) {
    const watched = await openWatchfulPage(browser, house.url, { width });
    onTestFinished(() => watched.context.close());
    await logIn(watched.page, house.url, house.user, house.password);
    return watched;
  }

  it.each([1_600, 920])('a long reason leaves headings and providers whole, %s px wide', async (width) => {
    const { page } = await open(width);
    await page.goto(`${house.url}/generations`);
    await page.getByText('the prompt names a real person').waitFor();
    const broken = await page.evaluate(`[...document.querySelectorAll('th, [data-name=Provider]')].filter((cell) => {
      const range = document.createRange();
      range.selectNodeContents(cell);
      return new Set([...range.getClientRects()].map(({ top }) => top)).size > 1;
    }).map((cell) => cell.textContent)`);
    expect(broken).toEqual([]);
  });

  it('a reason has room for its words where the window is too narrow for columns', async () => {
    const { page } = await open(768);
    await page.goto(`${house.url}/generations`);
    const reason = page.locator('[data-name=Reason]', { hasText: 'names a real person' });
    // The live page exchanges its rows: one that is being exchanged has no box.
    await expect.poll(async () => (await reason.boundingBox())?.width ?? 0).toBeGreaterThan(600);
  });

  it('no page is wider than a phone for the address of a webhook on the overview, or a long id, be it there or not', async () => {
    const { page, lookForBarriers, complaints } = await open(380);
    await page.getByText('webhook disabled').waitFor();
    await lookForBarriers('a long address');
    await page.goto(`${house.url}/generations/${'x'.repeat(120)}`);
    await page.getByText('There is no generation').waitFor();
    await lookForBarriers('an id that is not there');
    await page.goto(`${house.url}/generations/${LONG_ID}`);
    await page.getByRole('link', { name: `download ${LONG_ID}-3` }).waitFor();
    await lookForBarriers('a long id');
    expect(complaints).toEqual([]);
  });

  it('no emoji is cut in half', async () => {
    const { page } = await open(1_280);
    await page.goto(`${house.url}/generations/${LONG_ID}`);
    expect(await page.locator('h1').textContent()).toBe(`${'🎬'.repeat(59)}…`);
  });
});

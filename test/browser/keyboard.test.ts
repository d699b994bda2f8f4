/** Who works without a mouse: what has the focus keeps it while the page renews itself, and is never another generation's button. */
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import type { Page } from 'playwright-core';
import type { House } from '../../apps/dashboard/src/testing/house.ts';
import { queued, read, unresolved } from '../../apps/dashboard/src/testing/scene.ts';
import { findChromium } from './chromium.ts';
import { openSignedIn } from './signed-in.ts';

const program = findChromium();

let house: House;
let page: Page;
let close: (() => Promise<void>) | undefined;

describe.skipIf(program === null)('the dashboard by keyboard', () => {
  beforeAll(async () => {
    ({ house, page, close } = await openSignedIn(inject('redisUrl'), program ?? ''));
  });

  afterAll(() => close?.());

  it('the answer that has the focus in the inbox is still that of its generation when another one comes in above it', async () => {
    await unresolved(house, { id: 'first', title: 'the first of which nobody knows' });
    await page.goto(`${house.url}/inbox`);
    await page.getByRole('group', { name: 'Resolve first' }).getByRole('button', { name: 'Abandon' }).focus();
    await unresolved(house, { id: 'second', title: 'the second of which nobody knows' });
    await page.getByText('2 unresolved').waitFor();
    await page.keyboard.press('Enter');
    await page.getByText('1 unresolved').or(page.locator('.lead .badge', { hasText: 'failed' })).waitFor();
    await expect.poll(() => page.evaluate('document.activeElement.className'), { message: 'what has the focus after an action' }).toBe('notice done');
    expect(await read(house, 'second')).toMatchObject({ state: 'unresolved' });
    expect(await read(house, 'first')).toMatchObject({ state: 'failed', failure: { kind: 'abandoned' } });
  });

  it('a link keeps the focus though what it says has changed', async () => {
    await queued(house, { id: 'waits' });
    await page.goto(house.url);
    const counted = page.locator('#p-allegro a[href*="state=queued"]');
    await counted.filter({ hasText: '1' }).focus();
    await queued(house, { id: 'waits-too' });
    await counted.filter({ hasText: '2' }).waitFor();
    expect(await page.evaluate('document.activeElement.getAttribute("href")')).toBe(await counted.getAttribute('href'));
  });

  it('what the focus comes to in a long list is not under the bar that acts on all of them', async () => {
    for (let at = 0; at < 12; at += 1) await queued(house, { id: `line-${at}` });
    await page.setViewportSize({ width: 1_280, height: 500 });
    await page.goto(`${house.url}/generations?q=line`);
    const bar = page.locator('.bulk');
    await bar.getByText('All 12 found').waitFor();
    const links = page.locator('.list .prompt a');
    await links.first().focus();
    for (let at = 1; at < 12; at += 1) {
      await page.keyboard.press('Tab');
      // The live page exchanges what it shows: what is being exchanged has no box.
      const isInView = async (): Promise<boolean> => {
        const [focused, above] = [await links.nth(at).boundingBox(), await bar.boundingBox()];
        return focused !== null && above !== null && focused.y + focused.height <= above.y;
      };
      await expect.poll(isInView, { message: `line ${at}` }).toBe(true);
    }
  });
});

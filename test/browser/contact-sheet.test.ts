/** The contact sheet of a large batch, from disk, in a real browser: what it holds stays bounded however far one goes, on paper it is whole. */
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeSheetFolder } from '../support/sheet-folder.ts';
import { findChromium, openChromium } from './chromium.ts';

const program = findChromium();
const ROWS = 5_000;
const MOST_NODES = 4_000;
const MOST_VIDEOS = 40;

describe.skipIf(program === null)('the contact sheet of five thousand', () => {
  let browser: Browser;
  let folder: string;
  let page: Page;

  beforeAll(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'dailies-large-sheet-'));
    await writeSheetFolder(folder, ROWS);
    browser = await openChromium(program ?? '');
    page = await browser.newPage({ viewport: { width: 1_600, height: 1_000 } });
    await page.goto(pathToFileURL(path.join(folder, 'index.html')).href);
  });
  afterAll(async () => {
    await browser?.close();
    await rm(folder, { recursive: true, force: true });
  });

  const size = async (): Promise<{ nodes: number; videos: number }> => ({
    nodes: await page.locator('*').count(),
    videos: await page.locator('video').count(),
  });
  const scrollTo = (place: number): Promise<unknown> =>
    page.evaluate(`scrollTo(0, ${place}); new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)))`);
  const numbers = async (): Promise<number[]> => (await page.locator('.tag.number').allTextContents()).map(Number);

  it('holds a screenful of cards and videos, at the top, on the way down and at the end', async () => {
    const height = await page.evaluate('document.documentElement.scrollHeight');
    const seen = new Set<number>();
    for (const share of [0, 0.1, 0.35, 0.6, 0.95, 1]) {
      await scrollTo(Number(height) * share);
      const { nodes, videos } = await size();
      expect(nodes).toBeLessThan(MOST_NODES);
      expect(videos).toBeLessThan(MOST_VIDEOS);
      const shown = await numbers();
      expect(shown).toEqual(shown.toSorted((a, b) => a - b));
      for (const number of shown) seen.add(number);
    }
    expect(await page.evaluate('document.documentElement.scrollHeight')).toBe(height);
    expect([seen.has(1), seen.has(ROWS)]).toEqual([true, true]);
    expect(seen.size).toBeLessThan(ROWS / 5);
    await page.locator('video').first().waitFor();
  });

  it('says to a screen reader how many there are and which one this is', async () => {
    const last = page.locator('.card').last();
    expect([await last.getAttribute('aria-posinset'), await last.getAttribute('aria-setsize')]).toEqual([String(ROWS), String(ROWS)]);
  });

  it('shows what a video is estimated to have cost, where somebody knows', async () => {
    await scrollTo(0);
    const makers = await page.locator('.maker').allTextContents();
    expect(makers[0]).toContain('about 0.40 USD');
    expect(makers[1]).not.toContain('USD');
  });

  it('keeps the place when the window becomes narrow', async () => {
    await scrollTo(40_000);
    const before = await firstInView(page);
    await page.setViewportSize({ width: 400, height: 800 });
    await expect.poll(async () => Math.abs((await firstInView(page)) - before)).toBeLessThan(8);
    expect((await size()).nodes).toBeLessThan(MOST_NODES);
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(400);
    await page.setViewportSize({ width: 1_600, height: 1_000 });
  });

  it('is worked through by keyboard: tabbing goes on past the cards that were there at first', async () => {
    await scrollTo(0);
    await page.locator('.frame').first().focus();
    for (let step = 0; step < 60; step += 1) {
      await page.keyboard.press('Tab');
      // Nobody tabs faster than a page is drawn.
      await page.evaluate('new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)))');
    }
    expect(await page.evaluate('document.activeElement.closest(".card").getAttribute("aria-posinset")')).toBe('61');
  });

  it('prints every row that is shown, says which, and is small again afterwards', async () => {
    await page.fill('#text', 'take":2');
    await page.selectOption('#provider', 'luma');
    await expect.poll(() => page.locator('#count').textContent()).toBe('250 of 5,000');
    await page.evaluate('dispatchEvent(new Event("beforeprint"))');
    expect(await page.locator('.card').count()).toBe(250);
    expect(await page.locator('video').count()).toBe(0);
    expect(await page.locator('#printed').textContent()).toBe('Printed: 250 of 5,000, as filtered by “take":2”, luma.');
    await page.evaluate('dispatchEvent(new Event("afterprint"))');
    expect(await page.locator('.card').count()).toBeLessThan(100);
  });
});

/** The number of the first card whose frame is in view. */
async function firstInView(page: Page): Promise<number> {
  return Number(
    await page.evaluate(
      '[...document.querySelectorAll(".card")].find((card) => card.getBoundingClientRect().bottom > 120)?.getAttribute("aria-posinset") ?? 0',
    ),
  );
}

import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { chromium, type Browser, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeContactSheet } from './contact-sheet.ts';
import type { ManifestRow } from './manifest-row.ts';

const CHROMIUM = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find((path) => existsSync(path));
const ARGUMENTS = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'];
const HEBREW = 'שועל אדום רץ בשלג.';
const HOSTILE = '</script><img src=x onerror="document.title=\'taken\'"><b>bold</b>';

function row(index: number): ManifestRow {
  const failed = index % 3 === 2;
  return {
    id: `g${index}`,
    state: failed ? 'failed' : 'succeeded',
    provider: index % 2 === 0 ? 'pika' : 'luma',
    prompt: index === 0 ? HOSTILE : index === 3 ? HEBREW : `Scene ${index}`,
    params: { seed: 7000 + index },
    videos: failed ? [] : [{ url: 'https://cdn.test/v.mp4', file: `g${index}.mp4`, durationSeconds: 4 }],
    ...(failed ? { failure: { kind: 'moderated', message: 'Too much fog.' } } : {}),
    history: [],
  };
}

describe.skipIf(CHROMIUM === undefined)('the contact sheet in a browser', () => {
  let browser: Browser;
  let folder: string;
  let page: Page;
  const requests: string[] = [];
  const faults: string[] = [];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'dailies-sheet-'));
    browser = await chromium.launch({ executablePath: CHROMIUM ?? '', args: ARGUMENTS });
    page = await browser.newPage();
    page.on('request', (request) => requests.push(request.url()));
    page.on('pageerror', (error) => faults.push(error.message));
    page.on('console', (message) => {
      if (/Content.Security.Policy|Trusted/i.test(message.text())) faults.push(message.text());
    });
    await writeContactSheet(folder, { title: 'harbour', rows: Array.from({ length: 3000 }, (_, index) => row(index)) });
    await page.goto(pathToFileURL(join(folder, 'index.html')).href);
  });

  afterAll(async () => {
    await browser.close();
    await rm(folder, { recursive: true, force: true });
  });

  it('makes only the cards that are near the window, and shows a hostile prompt as text', async () => {
    expect(await page.locator('.card').count()).toBeLessThan(200);
    expect(await page.locator('.prompt').first().textContent()).toBe(HOSTILE);
    expect(await page.title()).toBe('harbour · Dailies');
  });

  it('shows a prompt in the direction of its own script: the full stop is at its end', async () => {
    const [first, last] = (await page.evaluate(`[0, ${HEBREW.length - 1}].map((at) => {
      const text = document.querySelectorAll('.prompt')[3].firstChild;
      const range = document.createRange();
      range.setStart(text, at);
      range.setEnd(text, at + 1);
      return range.getBoundingClientRect().left;
    })`)) as [number, number];
    expect(last).toBeLessThan(first);
  });

  it('filters by text, provider and state together', async () => {
    await page.fill('#text', 'SCENE 729');
    await page.selectOption('#provider', 'luma');
    await page.getByRole('button', { name: /^Failed/ }).click();
    const matching = Array.from({ length: 3000 }, (_, index) => index).filter((index) => index % 2 === 1 && index % 3 === 2 && `g${index} ${7000 + index}`.includes('729'));
    await page.getByText(`${matching.length} of 3,000`).waitFor();
    expect(await page.locator('.reason').first().textContent()).toBe('Too much fog.');
    await page.fill('#text', 'nothing has this');
    await page.getByRole('button', { name: 'Clear the filters' }).click();
    await expect.poll(() => page.locator('#count').textContent()).toBe('');
  });

  it('opens one by keyboard, steps through with the arrows, and gives the focus back', async () => {
    await page.locator('.frame').nth(1).focus();
    await page.keyboard.press('Enter');
    const dialog = page.getByRole('dialog');
    await dialog.getByText('7001').waitFor();
    await page.keyboard.press('ArrowRight');
    await dialog.getByText('7002').waitFor();
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'hidden' });
    await expect.poll(() => page.evaluate('document.activeElement.getAttribute("aria-label")')).toBe('Play 2: Scene 1');
  });

  it('asks for nothing but files beside it, and breaks no rule of its own policy', () => {
    expect(requests.filter((url) => !url.startsWith(pathToFileURL(folder).href) && !url.startsWith('data:'))).toEqual([]);
    expect(faults).toEqual([]);
  });
});

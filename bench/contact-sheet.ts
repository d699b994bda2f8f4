/**
 * The contact sheet of a large batch: how long it takes from opening the file until it can be used, and how many elements and videos it holds
 * while somebody scrolls through it. With `--screenshots` it also takes the pictures in docs/images.
 */
import { mkdir, mkdtemp, rm, stat } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { findChromium, openChromium } from '../test/browser/chromium.ts';
import { writeSheetFolder } from '../test/support/sheet-folder.ts';
import type { Told } from './record.ts';
import { median, rounded } from './statistics.ts';

const ROWS = 5_000;
const RUNS = 5;
const IMAGES = fileURLToPath(new URL('../docs/images/', import.meta.url));
const PICTURE = { width: 1_440, height: 1_000 };

export async function contactSheet(withScreenshots: boolean): Promise<Told> {
  const program = findChromium();
  if (program === null) return { line: 'there is no Chromium', figures: {} };
  const folder = await mkdtemp(path.join(os.tmpdir(), 'dailies-bench-sheet-'));
  const browser = await openChromium(program);
  try {
    const started = performance.now();
    await writeSheetFolder(folder, ROWS);
    const written = performance.now() - started;
    const file = path.join(folder, 'index.html');
    const url = pathToFileURL(file).href;
    const opened: number[] = [];
    const filtered: number[] = [];
    for (let run = 0; run < RUNS; run += 1) {
      const page = await browser.newPage({ viewport: PICTURE });
      opened.push(await timeToUse(page, url));
      filtered.push(await timeToFilter(page));
      await page.close();
    }
    const scrolled = await scrollThrough(browser, url);
    if (withScreenshots) await takeScreenshots(browser, url);
    const mebibytes = (await stat(file)).size / 2 ** 20;
    return {
      line: [
        `${ROWS} rows, ${mebibytes.toFixed(1)} MiB, written with its files in ${written.toFixed(0)} ms`,
        `usable ${wholeNumbers(opened)} ms after it was opened; a search answered in ${wholeNumbers(filtered)} ms`,
        `scrolled through: at most ${scrolled.nodes} elements, ${scrolled.videos} videos; longest frame ${scrolled.longest.toFixed(0)} ms, `
          + `${(100 * scrolled.late).toFixed(1)} % of ${scrolled.frames} later than 50 ms`,
      ].join('\n  '),
      figures: {
        rows: ROWS,
        mebibytes: rounded(mebibytes),
        usableMs: rounded(median(opened)),
        searchMs: rounded(median(filtered)),
        elementsAtMost: scrolled.nodes,
        videosAtMost: scrolled.videos,
        longestFrameMs: rounded(scrolled.longest),
        lateFrames: rounded(scrolled.late),
      },
    };
  } finally {
    await browser.close();
    await rm(folder, { recursive: true, force: true });
  }
}

function wholeNumbers(values: readonly number[]): string {
  return values.map((value) => value.toFixed(0)).join(', ');
}

/** Milliseconds until the page answers a click on a filter. */
async function timeToUse(page: Page, url: string): Promise<number> {
  const started = performance.now();
  await page.goto(url, { waitUntil: 'commit' });
  await page.getByRole('button', { name: /^Failed/ }).click();
  await page.locator('#count:not(:empty)').waitFor();
  const ms = performance.now() - started;
  await page.getByRole('button', { name: /^Failed/ }).click();
  return ms;
}

async function timeToFilter(page: Page): Promise<number> {
  const started = performance.now();
  await page.fill('#text', 'lighthouse 7025');
  await page.getByText('1 of 5,000').waitFor();
  return performance.now() - started;
}

interface Scrolled {
  nodes: number;
  videos: number;
  frames: number;
  longest: number;
  /** Share of frames that came more than 50 ms after the one before. */
  late: number;
}

async function scrollThrough(browser: Browser, url: string): Promise<Scrolled> {
  const page = await browser.newPage({ viewport: PICTURE });
  await page.goto(url);
  const scrolled = await page.evaluate<Scrolled>(SCROLL);
  await page.close();
  return scrolled;
}

/** Runs in the page: 400 frames from the top to the end. */
const SCROLL = `(async () => {
  const found = { nodes: 0, videos: 0, frames: 400, longest: 0, late: 0 };
  const height = document.documentElement.scrollHeight;
  const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));
  let before = await frame();
  for (let at = 1; at <= found.frames; at++) {
    scrollTo(0, (height * at) / found.frames);
    const now = await frame();
    found.longest = Math.max(found.longest, now - before);
    found.late += (now - before > 50) / found.frames;
    before = now;
    found.nodes = Math.max(found.nodes, document.querySelectorAll('*').length);
    found.videos = Math.max(found.videos, document.querySelectorAll('video').length);
  }
  return found;
})()`;

async function takeScreenshots(browser: Browser, url: string): Promise<void> {
  await mkdir(IMAGES, { recursive: true });
  for (const [colorScheme, name] of [['light', 'contact-sheet.png'], ['dark', 'contact-sheet-dark.png']] as const) {
    const page = await browser.newPage({ viewport: PICTURE, colorScheme });
    await page.goto(url);
    await page.evaluate(PICTURES_ARE_THERE);
    await page.screenshot({ path: path.join(IMAGES, name) });
    await page.close();
  }
}

/** Runs in the page: waits until every video in view shows its picture. */
const PICTURES_ARE_THERE = `(async () => {
  const inView = () => [...document.querySelectorAll('.frame[data-file]')].filter((frame) => frame.getBoundingClientRect().top < innerHeight);
  while (!inView().every((frame) => frame.querySelector('video')?.readyState >= 2)) await new Promise((resolve) => requestAnimationFrame(resolve));
})()`;

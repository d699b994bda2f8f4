/**
 * A page that is watched: whatever a reader would not see is kept as a complaint. Errors of scripts, broken policies, requests to other hosts;
 * on demand, faults of accessibility (axe). Screenshots for the docs are taken where UPDATE_SCREENSHOTS is 1.
 */
import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { AxeResults } from 'axe-core';
import type { Browser, BrowserContext, Page } from 'playwright-core';

export interface WatchfulPage {
  page: Page;
  context: BrowserContext;
  complaints: string[];
  /** Adds serious and critical findings to the complaints. */
  lookForBarriers: (where: string) => Promise<void>;
  /** Into docs/images, where asked for. */
  picture: (name: string) => Promise<void>;
}

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

export async function openWatchfulPage(browser: Browser, url: string, options: { width?: number; dark?: boolean } = {}): Promise<WatchfulPage> {
  const context = await browser.newContext({ viewport: { width: options.width ?? 1280, height: 900 }, colorScheme: options.dark === true ? 'dark' : 'light' });
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('console', (message) => {
    // The browser reports every answer from 400 on; which of them are meant is what the tests look at.
    if (message.type() === 'error' && !message.text().startsWith('Failed to load resource')) complaints.push(message.text());
  });
  page.on('request', (request) => {
    if (new URL(request.url()).origin !== url && !request.url().startsWith('data:')) complaints.push(request.url());
  });
  return {
    page,
    context,
    complaints,
    lookForBarriers: async (where) => {
      await page.evaluate(AXE);
      const { violations } = (await page.evaluate('axe.run(document, { resultTypes: ["violations"] })')) as AxeResults;
      for (const { id, impact, help, nodes } of violations) {
        if (impact === 'serious' || impact === 'critical') {
          complaints.push(`${where}: ${id}, ${help}: ${nodes.map(({ target }) => target.join(' ')).join('; ')}`);
        }
      }
      const tooWide = (await page.evaluate('document.documentElement.scrollWidth - innerWidth')) as number;
      if (tooWide > 0) complaints.push(`${where}: ${tooWide} px wider than the window`);
    },
    picture: async (name) => {
      if (process.env['UPDATE_SCREENSHOTS'] !== '1') return;
      await page.evaluate('scrollTo(0, 0)');
      await page.screenshot({ fullPage: true, path: path.join(import.meta.dirname, '../../docs/images', `${name}.png`) });
    },
  };
}

export async function logIn(page: Page, url: string, name: string, password: string): Promise<void> {
  await page.goto(`${url}/login`);
  await page.getByLabel('User').fill(name);
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('heading', { name: 'Overview' }).waitFor();
}

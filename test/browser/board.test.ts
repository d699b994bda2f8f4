/** Bull Board as an operator sees it, in a real browser, on a real Redis: what it shows, and that a click does the right thing. */
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { type House, openHouse } from '../../apps/dashboard/src/testing/house.ts';
import { failed, queued, read, rendering, succeeded, unresolved } from '../../apps/dashboard/src/testing/scene.ts';
import { findChromium, openChromium } from './chromium.ts';
import { logIn, openWatchfulPage, type WatchfulPage } from './watchful-page.ts';

const program = findChromium();
const REASON = { kind: 'moderated', message: 'the prompt names a real person', code: '1301', retryable: false };

let house: House;
let browser: Browser;
let page: Page;
let watched: WatchfulPage;

// One board, one walk through it: the tests follow one another.
describe.skipIf(program === null)('the board in a browser', () => {
  beforeAll(async () => {
    house = await openHouse(inject('redisUrl'));
    await failed(house, { id: 'gfail', title: 'A president rides a bicycle' }, REASON);
    await unresolved(house, { id: 'gunresolved', title: 'Nobody knows about this one' });
    await succeeded(house, { id: 'gdone', title: 'A red fox crosses a frozen lake' });
    await rendering(house, { id: 'gdue', title: 'Due for a look' }, Date.now(), 0);
    await rendering(house, { id: 'glate', title: 'Ready for a look' }, Date.now() - 121_000);
    await rendering(house, { id: 'grender', title: 'Waves against a lighthouse' });
    await queued(house, { id: 'gqueue', title: 'A quiet street at dawn' });
    browser = await openChromium(program ?? '');
    watched = await openWatchfulPage(browser, house.url);
    page = watched.page;
    await logIn(page, house.url, house.user, house.password);
  });

  afterAll(async () => {
    await browser?.close();
    await house?.close();
  });

  const open = (queue: string, status: string) => page.goto(`${house.url}/queues/queue/${queue}?status=${status}`);
  const main = () => page.locator('main');
  const signInAgain = async () => {
    await page.getByLabel('User').fill(house.user);
    await page.getByLabel('Password').fill(house.password);
    await page.getByRole('button', { name: 'Sign in' }).click();
  };
  const confirm = () => page.getByRole('button', { name: 'Confirm' }).click();
  /** By the name that our script gives to an icon. */
  const act = async (name: string, asked: string | RegExp = '') => {
    const button = main().getByRole('button', { name, exact: true }).first();
    const dialog = page.getByRole('dialog').or(page.getByRole('alertdialog'));
    await button.click();
    // A click that falls on a dialog on its way out opens nothing: once more.
    await dialog.waitFor({ timeout: 3_000 }).catch(() => button.click());
    await dialog.getByText(asked).first().waitFor();
    await confirm();
  };

  it('opens from the overview and groups the queues by provider', async () => {
    await page.getByRole('link', { name: 'Jobs' }).click();
    expect(await page.title()).toBe('Dailies');
    await main().getByText('allegro / submit').waitFor();
    await main().getByText('luma / poll').waitFor();
    // Its keys are not those of a simulation: a click can cost money, and the badge says so.
    await page.getByText('live: submits are paid').waitFor();
    await watched.lookForBarriers('board');
    await house.call('PUT', '/queues/luma-submit/pause');
    await page.getByText('1 paused').first().waitFor();
    await watched.lookForBarriers('board with a pause');
    await house.call('PUT', '/queues/luma-submit/resume');
  });

  it('shows waiting and prioritised jobs by their prompt', async () => {
    await open('allegro-poll', 'waiting');
    await main().getByText('Due for a look').first().waitFor();
    await open('allegro-submit', 'prioritized');
    await main().getByText('A quiet street at dawn').first().waitFor();
  });

  it('shows a delayed poll and a completed download', async () => {
    await open('allegro-poll', 'delayed');
    await main().getByText('Waves against a lighthouse').first().waitFor();
    await watched.lookForBarriers('delayed jobs');
    await open('download', 'completed');
    await main().getByText('A red fox crosses a frozen lake').first().waitFor();
  });

  it('shows a failed job with the real reason', async () => {
    await open('allegro-poll', 'failed');
    await main().getByText('moderated: the prompt names a real person (code 1301)').waitFor();
    await watched.lookForBarriers('failed jobs');
    await watched.picture('board');
  });

  it('refuses to retry an unresolved one, and says what to do', async () => {
    await page.goto(`${house.url}/queues/queue/allegro-poll/gunresolved-2?status=failed`);
    await act('Retry');
    await page.getByRole('region', { name: 'Notifications' }).getByText('dailies resolve gunresolved').waitFor();
    expect(await read(house, 'gunresolved')).toMatchObject({ state: 'unresolved', round: 1 });
  });

  it('retries a failed one by a click: a new round is queued, once, and the failed job is gone', async () => {
    await page.goto(`${house.url}/queues/queue/allegro-poll/gfail-2?status=failed`);
    await main().getByText('moderated: the prompt names a real person').waitFor();
    const answered = page.waitForResponse((response) => response.url().endsWith('/gfail-2/retry'));
    await act('Retry', 'it is submitted again, which may be paid again');
    expect((await answered).status()).toBe(204);
    expect(await read(house, 'gfail')).toMatchObject({ state: 'queued', round: 2 });
    await open('allegro-submit', 'prioritized');
    await main().getByText('A president rides a bicycle').first().waitFor();
    await open('allegro-poll', 'failed');
    await main().getByText('Nobody knows about this one').first().waitFor();
    expect(await main().getByText('A president rides a bicycle').count()).toBe(0);
  });

  it('promotes a look after the first wait, and says why not before it', async () => {
    await page.goto(`${house.url}/queues/queue/allegro-poll/grender-2?status=delayed`);
    await act('Promote');
    await page.getByRole('region', { name: 'Notifications' }).getByText('The first look at a task of allegro comes 120 s after its submit').waitFor();
    await page.goto(`${house.url}/queues/queue/allegro-poll/glate-2?status=delayed`);
    const answered = page.waitForResponse((response) => response.url().endsWith('/glate-2/promote'));
    await act('Promote');
    expect((await answered).status()).toBe(204);
    expect(await house.desk.queues.get('allegro-poll').getJobState('glate-2')).toBe('waiting');
  });

  it('removes a queued job: its generation is canceled, and nothing is paid', async () => {
    await page.goto(`${house.url}/queues/queue/allegro-submit/gqueue-1?status=prioritized`);
    await main().getByRole('button', { name: 'Remove', exact: true }).first().waitFor();
    await watched.lookForBarriers('a job');
    const answered = page.waitForResponse((response) => response.url().endsWith('/gqueue-1/clean'));
    await Promise.all([answered, act('Remove')]);
    expect((await answered).status()).toBe(204);
    expect(await read(house, 'gqueue')).toMatchObject({ state: 'canceled', attempts: 0 });
  });

  it('leads from a job to the page of its generation, and back', async () => {
    await page.goto(`${house.url}/queues/queue/allegro-poll/gunresolved-2?status=failed`);
    const [opened] = await Promise.all([watched.context.waitForEvent('page'), main().getByRole('link', { name: 'Generation' }).first().click()]);
    await opened.getByRole('heading', { name: 'Nobody knows about this one' }).waitFor();
    await opened.getByRole('link', { name: 'allegro-poll gunresolved-2' }).waitFor();
    await opened.close();
  });

  it('leads to the login when the session has ended, and from there back', async () => {
    await open('allegro-submit', 'prioritized');
    await main().getByText('A president rides a bicycle').first().waitFor();
    // An answer that is under way brings the cookie once more.
    const isLed = () => watched.context.clearCookies().then(() => new URL(page.url()).pathname);
    await expect.poll(isLed, { timeout: 30_000, interval: 500 }).toBe('/login');
    await page.getByRole('button', { name: 'Sign in' }).waitFor();
    expect(await page.getByRole('alert').count()).toBe(0);
    await signInAgain();
    await main().getByText('A president rides a bicycle').first().waitFor();
    expect(new URL(page.url()).pathname).toBe('/queues/queue/allegro-submit');
  });

  it('says at the login that nothing was done, to who has pressed something after the session has ended', async () => {
    await page.goto(`${house.url}/queues/queue/allegro-submit/gfail-3?status=prioritized`);
    await main().getByRole('button', { name: 'Remove', exact: true }).first().waitFor();
    // What the board asks by itself would lead there first, or bring the cookie once more.
    await page.route('**/queues/api/**', (route) => (route.request().method() === 'GET' ? route.abort() : route.continue()));
    await page.waitForLoadState('networkidle');
    await watched.context.clearCookies();
    await act('Remove');
    await page.getByRole('alert').getByText('nothing was done').waitFor();
    expect(await read(house, 'gfail')).toMatchObject({ state: 'queued' });
    await page.unroute('**/queues/api/**');
    await signInAgain();
    await page.waitForURL(/gfail-3/);
  });

  it('asked no other host for anything, broke no policy, had no error and no serious barrier', () => {
    expect(watched.complaints).toEqual([]);
  });
});

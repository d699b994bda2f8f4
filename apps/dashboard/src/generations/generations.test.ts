import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { cancelGeneration, type Desk, holdRestored, jobId, note, pause, readGeneration, retryGeneration, shrinkEnded, transition } from '@dailies/queue';
import { afterEach, beforeEach, describe, expect, inject, it, onTestFinished } from 'vitest';
import { type BrowserClient, openBrowserClient } from '../testing/browser-client.ts';
import { basic, type House, openHouse } from '../testing/house.ts';
import { BulkPlans, carryOut } from './bulk-plan.ts';
import { failed, move, queued, read, rendering, succeeded, unresolved } from '../testing/scene.ts';

const UPSTREAM = { kind: 'upstream', message: 'the upstream could not make it', retryable: true };

let house: House;
let client: BrowserClient;
beforeEach(async () => {
  house = await openHouse(inject('redisUrl'));
  client = openBrowserClient(house.url);
  await client.signIn(house.user, house.password);
});
afterEach(() => house.close());

/** The follower looks twice a second: asked until it has seen what was just made. */
async function list(query: string, found: number): Promise<string> {
  await expect.poll(async () => /(\d+) found/.exec((await client.get(`/generations?${query}`)).body)?.[1]).toBe(String(found));
  return (await client.get(`/generations?${query}`)).body;
}

describe('the list', () => {
  it('finds by words, state, kind and task id, and says how many', async () => {
    await failed(house, { id: 'g1', title: 'a red fox' }, UPSTREAM);
    await rendering(house, { id: 'g2', title: 'a red whale' });
    expect(await list('q=red', 2)).toContain('a red fox');
    expect(await list('q=red&state=failed&kind=upstream', 1)).toContain('upstream: the upstream could not make it');
    expect(await list('task=task-g2', 1)).toContain('a red whale');
    expect(await list('task=nobodys', 0)).toContain('Nothing matches');
    for (const mistyped of ['state=faild', 'from=yesterday', 'to=tomorow', 'to=2026-01-02T03:04&tz=1e30']) {
      expect(await list(mistyped, 0), mistyped).toContain('Nothing matches');
    }
    const dated = (await client.get('/generations?from=2026-01-02T03:04&tz=-60')).body;
    expect(dated).toContain('name="from" value="2026-01-02T02:04" data-local="2026-01-02T02:04:00.000Z"');
  });

  it('shows a prompt as text, whatever is in it, and no signed link', async () => {
    await queued(house, { id: 'g1', title: '<script>alert(1)</script> like https://host/a.png?sig=SECRET' });
    const pages = [await list('', 1), (await client.get('/generations/g1')).body];
    for (const page of pages) {
      expect(page).toContain('&#60;script&#62;alert(1)');
      expect(page).not.toContain('<script>alert');
      expect(page).not.toContain('SECRET');
    }
  });
});

it('a cancel says that nothing is paid, but of what was put back, and of which a callback has named a task since', async () => {
  await queued(house, { id: 'g1' });
  expect((await client.get('/generations/g1')).body).toContain('Nothing was submitted: nothing is paid.');
  await note(house.desk.store, await read(house, 'g1'), { offer: 'task-1' });
  expect((await client.get('/generations/g1')).body).toContain('Nothing more is paid, but an earlier submit may be billed.');
});

it('what came of an action is told to the person, not to a live page that asks for its parts at that moment', async () => {
  await queued(house, { id: 'g1' });
  await client.post('/generations/g1/cancel');
  expect((await client.get('/generations/g1', { 'x-live': '1' })).body).not.toContain('class="notice done"');
  expect((await client.get('/generations/g1')).body).toContain('class="notice done"');
});

describe('all that were found', () => {
  const planOf = (body: string) => /name="plan" value="([^"]+)"/.exec(body)?.[1] ?? '';
  const preview = async (fields: Record<string, string>) => client.get((await client.post('/generations/preview', fields)).location);

  it('are retried as announced, without the unresolved, without those that changed since, and once only', async () => {
    await failed(house, { id: 'pays' }, UPSTREAM);
    await failed(house, { id: 'polls' }, { ...UPSTREAM, kind: 'missing' });
    await failed(house, { id: 'changes' }, { ...UPSTREAM, kind: 'missing' });
    await unresolved(house, { id: 'asks' });
    await list('', 4);
    const { body } = await preview({ what: 'retry', filter: '' });
    expect(body).toMatch(/<b>1<\/b> will be submitted again: may be paid again/);
    expect(body).toMatch(/<b>2<\/b> will only be polled/);
    expect(body).toMatch(/<b>1<\/b> need your word/);
    await transition(house.desk.store, await read(house, 'changes'), { from: ['failed'], to: 'rendering', by: 'somebody else', patch: {} });
    expect((await client.post('/generations/act', { plan: planOf(body), only: 'free' })).status).toBe(303);
    expect((await client.get('/generations')).body).toContain('Retried: 1. Left as they were: 3.');
    expect(await read(house, 'polls')).toMatchObject({ state: 'rendering', round: 1 });
    expect(await read(house, 'pays')).toMatchObject({ state: 'failed', round: 1 });
    expect(await read(house, 'asks')).toMatchObject({ state: 'unresolved' });
    await client.post('/generations/act', { plan: planOf(body), agree: '1' });
    expect((await client.get('/generations')).body).toContain('That preview was carried out already. Retried, as far as is known: 1.');
    expect(await read(house, 'pays')).toMatchObject({ state: 'failed', round: 1 });
  });

  it('are not said to be canceled before they are: what is being submitted is marked until then, and not asked for again', async () => {
    for (const id of ['first', 'sent']) await queued(house, { id });
    await move(house, 'sent', 'submitting', {});
    await list('', 2);
    await client.post('/generations/act', { plan: planOf((await preview({ what: 'cancel', filter: '' })).body) });
    const { body } = await client.get('/generations');
    expect(body).toContain('Canceled: 1. Requested, and decided when the outcome of the submit is known: 1. Left as they were: 0.');
    expect(body.split('cancel requested</span>')).toHaveLength(2);
    const own = (await client.get('/generations/sent')).body;
    expect(own).toMatch(/cancel requested<\/span>[^]*That is decided as soon as the outcome of its submit is known, and it may be billed\.<\/p>/);
    expect(own).not.toContain('action="/generations/sent/cancel"');
    expect((await preview({ what: 'cancel', filter: '' })).body).toContain('Nothing to do.');
    await cancelGeneration(house.desk, 'sent', { collect: true });
    expect((await client.get('/generations')).body).toContain('unwanted: collected if it was accepted');
    expect((await client.get('/generations/sent')).body, 'a plain cancel takes that back').toContain('action="/generations/sent/cancel"');
    await client.post('/generations/act', { plan: planOf((await preview({ what: 'cancel', filter: '' })).body) });
    expect((await read(house, 'sent')).unwanted).toBeUndefined();
    await move(house, 'sent', 'failed', {});
    expect((await client.get('/generations/sent')).body).not.toContain('cancel requested');
  });

  it('are looked for again where a browser comes back to the address of a preview, which is its own until it is carried out', async () => {
    await failed(house, { id: 'polls' }, { ...UPSTREAM, kind: 'missing' });
    await list('', 1);
    const { status, location } = await client.post('/generations/preview', { what: 'retry', filter: '' });
    expect(status).toBe(303);
    await client.get(location);
    const { body } = await client.get(location);
    expect(body).toContain('<h1>Retry 1</h1>');
    await client.post('/generations/act', { plan: planOf(body) });
    expect((await client.get('/generations')).body).toContain('Retried: 1.');
    expect(await client.get(location)).toMatchObject({ status: 303, location: '/generations' });
    expect((await client.get('/generations')).body).toContain('was carried out already. Retried, as far as is known: 1.');
    expect(await client.get('/generations/preview')).toMatchObject({ status: 303, location: '/generations' });
    await queued(house, { id: 'preview', title: 'a generation of that name' });
    expect((await client.get('/generations/preview')).body).toContain('a generation of that name');
  });

  it('are those that the page has found, however long the prompt was that was searched for', async () => {
    const title = '晨'.repeat(444);
    await failed(house, { id: 'meant', title }, UPSTREAM);
    await queued(house, { id: 'other', title });
    const page = await list(new URLSearchParams({ q: title, state: 'failed' }).toString(), 1);
    const filter = /name="filter" value="([^"]+)"/.exec(page)?.[1]?.replaceAll('&#38;', '&') ?? '';
    expect(filter.length).toBeGreaterThan(4_000);
    const { body } = await preview({ what: 'retry', filter });
    expect(body).toContain('<h1>Retry 1</h1>');
    expect(body).toContain('state failed');
  });

  it('are not said to be fetched where retention has removed the files: that is done by the id alone', async () => {
    await succeeded(house, { id: 'expired' }, { filesRemovedAt: Date.now(), folder: '/videos', files: [{ file: 'a.mp4', bytes: 1, sha256: 'a', kind: 'video', source: 'https://assets.example/v.mp4' }] });
    await list('', 1);
    const { body } = await preview({ what: 'retry', filter: '' });
    expect(body).toMatch(/<b>1<\/b> stay as they are/);
    expect(body).toContain('Nothing to do.');
    const page = (await client.get('/generations/expired')).body;
    expect(page).toContain('The files were removed by retention, <time');
    expect(page).not.toContain('cannot reach');

    await shrinkEnded(house.desk.store, -60_000, 1);
    expect(await retryGeneration(house.desk, 'expired', { mayPay: false, byId: true })).toMatchObject({ plan: 'fetch', done: true });
    const [, forgotten, retried] = (await client.get('/generations/expired')).body.split('class="timeline"')[1]?.split('<li') ?? [];
    expect(forgotten).not.toContain('for ');
    expect(retried).toContain('what happened next is forgotten');
  });

  it('are not said to be polled where a person has given them up: that is done by the id alone', async () => {
    await unresolved(house, { id: 'given-up' });
    await client.post('/generations/given-up/resolve', { what: 'task', task: 'request-7' });
    await client.post('/generations/given-up/resolve', { what: 'abandon', seq: String((await read(house, 'given-up')).seq) });
    await list('', 1);
    const { body } = await preview({ what: 'retry', filter: '' });
    expect(body).toMatch(/<b>1<\/b> stay as they are/);
    expect(body).toContain('Nothing to do.');
  });

  it('are retried the oldest first, and the plan tells how far it came when it was cut off', async () => {
    for (const id of ['first', 'second', 'third']) await failed(house, { id }, UPSTREAM);
    const plan = await new BulkPlans().make(house.desk, { what: 'retry', who: 'anna', words: 'all', ids: ['third', 'second', 'first'], total: 3 });
    const submits = house.desk.queues.get('allegro-submit');
    const cut = Object.assign(Object.create(submits) as typeof submits, {
      async add(...job: Parameters<typeof submits.add>) {
        if (job[1].id === 'third') throw new Error('Redis has gone');
        return submits.add(...job);
      },
    });
    await expect(carryOut({ ...house.desk, queues: { ...house.desk.queues, get: () => cut } }, plan, true)).rejects.toThrow('Redis has gone');
    expect(plan.done).toBe(2);
    const [first, second, third] = [await read(house, 'first'), await read(house, 'second'), await read(house, 'third')];
    expect([second.turn - first.turn, third.turn - second.turn]).toEqual([1, 1]);
  });

  it('are not paid again by a preview of somebody else, nor without the agreement', async () => {
    await failed(house, { id: 'pays' }, UPSTREAM);
    await list('', 1);
    const { body } = await preview({ what: 'retry', filter: '' });
    await client.post('/generations/act', { plan: planOf(body) });
    expect(await read(house, 'pays')).toMatchObject({ state: 'failed', round: 1 });
  });

  it('are canceled, with what is billed said before', async () => {
    await succeeded(house, { id: 'done' });
    await queued(house, { id: 'free' });
    await queued(house, { id: 'sent-before' });
    await note(house.desk.store, await read(house, 'sent-before'), { offer: 'task-1' });
    await list('', 3);
    expect((await preview({ what: 'cancel', filter: 'state=queud' })).body).toMatch(/Found by: state queud[^]*Nothing/);
    expect((await preview({ what: 'cancel', filter: 'from=yesterday' })).body).toContain('Found by: from unreadable');
    const { body } = await preview({ what: 'cancel', filter: 'state=queued' });
    expect(body).toMatch(/<b>1<\/b> will be canceled: nothing is paid/);
    expect(body).toMatch(/<b>1<\/b> will be canceled, and may or will be billed all the same/);
    await client.post('/generations/act', { plan: planOf(body) });
    expect(await read(house, 'free')).toMatchObject({ state: 'canceled', attempts: 0 });
    expect(await read(house, 'sent-before')).toMatchObject({ state: 'canceled', attempts: 0 });
  });

  it('are not said to cost nothing where Redis was rolled back, nor is one of them', async () => {
    await queued(house, { id: 'g1' });
    await list('', 1);
    await holdRestored(house.desk.store);
    const { body } = await preview({ what: 'cancel', filter: '' });
    expect(body).toMatch(/<b>1<\/b> will be canceled, and may or will be billed all the same/);
    expect(body).not.toContain('nothing is paid');
    expect((await client.get('/generations/g1')).body).toContain('This Redis was rolled back: it may have been submitted in the time that is gone, and be billed.');
  });
});

describe('those that a worker takes while others are being canceled', () => {
  it('are left as they are: nothing was to be paid', async () => {
    for (const [id, batch] of [['first', null], ['taken', 'films'], ['gone', null]] as const) await queued(house, { id, batch });
    const plan = await new BulkPlans().make(house.desk, { what: 'cancel', who: 'anna', words: 'all', ids: ['first', 'taken', 'gone'], total: 3 });
    expect(plan.counts.stop).toBe(3);
    const admission = { reservation: 'none', limit: 9, limitOfProvider: 9, judgeAfterMs: 60_000 };
    const take = async (id: string) =>
      transition(house.desk.store, await read(house, id), {
        from: ['queued'],
        to: 'submitting',
        by: 'worker',
        patch: {},
        slotUntil: Date.now() + 60_000,
        admission,
      });
    await take('gone');
    // The first is of another batch, so it is canceled in a step of its own, which then takes its job out. Meanwhile the next one is submitted.
    const get: Desk['queues']['get'] = (name) =>
      Object.assign(Object.create(house.desk.queues.get(name)) as ReturnType<Desk['queues']['get']>, {
        async remove() {
          await take('taken');
        },
      });
    expect(await carryOut({ ...house.desk, queues: { ...house.desk.queues, get } }, plan, false)).toEqual({ done: 1, requested: 0, skipped: 2 });
    expect((await read(house, 'first')).state).toBe('canceled');
    for (const id of ['taken', 'gone']) {
      const { state, cancelRequested } = await read(house, id);
      expect([state, cancelRequested], id).toEqual(['submitting', undefined]);
    }
  });
});

describe('one', () => {
  it('that a pause keeps from moving says so, with the reason', async () => {
    await rendering(house, { id: 'renders' });
    await pause(house.desk.store, 'operator:allegro', { reason: 'ask <b>Ann</b>', kind: 'operator', polls: false });
    await queued(house, { id: 'waits' });
    expect((await client.get('/generations/waits')).body).toMatch(/allegro is paused since .*: a person paused it: ask &#60;b&#62;Ann/);
    await pause(house.desk.store, `account:${(await read(house, 'waits')).account}`, { reason: 'HTTP 403', kind: 'quota', polls: false });
    expect((await client.get('/generations/waits')).body).toMatch(/the money: balance or quota is used up: HTTP 403 → Fill it: one submit tests it/);
    expect((await client.get('/generations/renders')).body).not.toContain('is paused');
  });

  it('is canceled at the price that its page says, or not', async () => {
    const { seq } = await rendering(house, { id: 'g1' });
    expect((await client.get('/generations/g1')).body).toContain(`name="seq" value="${seq}"`);
    await client.post('/generations/g1/cancel', { state: 'queued', seq: String(seq) });
    expect((await client.get('/generations/g1')).body).toContain('It changed meanwhile: it is rendering; look again.');
    expect((await read(house, 'g1')).state).toBe('rendering');
    await client.post('/generations/g1/cancel', { state: 'rendering', seq: String(seq) });
    expect((await read(house, 'g1')).state).toBe('canceled');
  });

  it('is submitted again only by who agrees, on the page of its newest go', async () => {
    await failed(house, { id: 'g1' }, UPSTREAM);
    await client.post('/generations/g1/retry', { seq: '2' });
    await client.post('/generations/g1/retry', { seq: '1', agree: '1' });
    expect(await read(house, 'g1')).toMatchObject({ state: 'failed', round: 1 });
    await client.post('/generations/g1/retry', { seq: '2', agree: '1' });
    expect(await read(house, 'g1')).toMatchObject({ state: 'queued', round: 2 });
  });

  it('that is unresolved is adopted, given up, or sent again by who says that he looked', async () => {
    for (const id of ['g1', 'g2', 'g3']) await unresolved(house, { id });
    await client.post('/generations/g1/resolve', { what: 'task', task: 'request-77' });
    await client.post('/generations/g2/resolve', { what: 'abandon' });
    await client.post('/generations/g3/resolve', { what: 'resubmit' });
    expect(await read(house, 'g1')).toMatchObject({ state: 'rendering', taskKey: 'request-77' });
    expect(await read(house, 'g2')).toMatchObject({ state: 'failed', failure: { kind: 'abandoned' } });
    expect(await read(house, 'g3')).toMatchObject({ state: 'unresolved' });
    await client.post('/generations/g3/resolve', { what: 'resubmit', agree: '1' });
    expect(await read(house, 'g3')).toMatchObject({ state: 'queued', round: 2 });
  });

  it('that was given a mistyped task takes the right one from its page', async () => {
    await unresolved(house, { id: 'g1' });
    await client.post('/generations/g1/resolve', { what: 'task', task: 'request-7' });
    const { seq } = await read(house, 'g1');
    const { body } = await client.get('/generations/g1');
    expect(body).toContain('A person gave it request-7, which may be mistyped.');
    expect(body).toContain(`name="what" value="task"><input type="hidden" name="seq" value="${seq}"`);
    await client.post('/generations/g1/resolve', { what: 'task', task: 'request-77', seq: String(seq) });
    expect(await read(house, 'g1')).toMatchObject({ state: 'rendering', taskKey: 'request-77' });
    await client.post('/generations/g1/resolve', { what: 'task', task: 'two words' });
    expect((await client.get('/generations/g1')).body).toContain('give the request id that Allegro gave.<');
  });

  it('that was given a task that nobody knows is given up from its page, and then sent again by who says that he looked', async () => {
    await unresolved(house, { id: 'g1' });
    await client.post('/generations/g1/resolve', { what: 'task', task: 'request-7' });
    expect((await client.get('/generations/g1')).body).toContain('Give it up');
    await client.post('/generations/g1/resolve', { what: 'abandon', seq: String((await read(house, 'g1')).seq) });
    expect(await read(house, 'g1')).toMatchObject({ state: 'failed', failure: { kind: 'abandoned' } });
    expect((await client.get('/generations/g1')).body).not.toContain('Give it up');
    await client.post('/generations/g1/resolve', { what: 'resubmit', agree: '1' });
    expect(await read(house, 'g1')).toMatchObject({ state: 'queued', round: 2 });
  });

  it('that is unresolved for another submit than the page shows is not sent again by that page', async () => {
    const { seq } = await unresolved(house, { id: 'g1' });
    expect((await client.get('/generations/g1')).body).toContain(`name="what" value="resubmit"><input type="hidden" name="seq" value="${seq}"`);
    await client.post('/generations/g1/resolve', { what: 'resubmit', agree: '1', seq: String(seq - 1) });
    expect((await client.get('/generations/g1')).body).toContain('It changed meanwhile: look again.');
    expect(await read(house, 'g1')).toMatchObject({ state: 'unresolved', round: 1 });
    await client.post('/generations/g1/resolve', { what: 'resubmit', agree: '1', seq: String(seq) });
    expect(await read(house, 'g1')).toMatchObject({ state: 'queued', round: 2 });
  });

  it('links to the jobs it has, and is not there when it is not', async () => {
    await rendering(house, { id: 'g1' });
    expect((await client.get('/generations/g1')).body).toContain(`/queues/queue/allegro-poll/${jobId('g1', 2)}`);
    expect((await client.get('/generations/none')).status).toBe(404);
  });
});

describe('its files', () => {
  it('are served by ranges, and nothing else of the folder is, nor what has the name of one and another length', async () => {
    const folder = await mkdtemp(path.join(os.tmpdir(), 'dailies-files-'));
    await writeFile(path.join(folder, 'g1.mp4'), '0123456789');
    await writeFile(path.join(folder, 'other.mp4'), 'of somebody else');
    await writeFile(path.join(folder, 'g1.1.mp4'), 'of another ledger');
    const { seq } = await succeeded(house, { id: 'g1' });
    const stored = { kind: 'video', sha256: 'a'.repeat(64), bytes: 10, source: 'https://assets.example/v.mp4' };
    const files = [{ ...stored, file: 'g1.mp4' }, { ...stored, file: '../g1.mp4' }, ...['gone.mp4', 'g1.1.mp4', 'page.html'].map((file) => ({ ...stored, file }))];
    await house.desk.store.redis.hset(house.desk.store.keys.generation('g1'), { folder, files: JSON.stringify(files) });
    expect((await readGeneration(house.desk.store, 'g1'))?.seq).toBe(seq);
    const get = (name: string, headers: Record<string, string> = {}) =>
      fetch(`${house.url}/generations/g1/files/${name}`, { headers: { authorization: basic(house.user, house.password), ...headers } });

    const part = await get('g1.mp4', { range: 'bytes=2-4' });
    expect([part.status, part.headers.get('content-type'), part.headers.get('content-range'), await part.text()]).toEqual([
      206,
      'video/mp4',
      'bytes 2-4/10',
      '234',
    ]);
    for (const name of ['other.mp4', '..%2Fg1.mp4', 'gone.mp4', 'g1.1.mp4', 'page.html', '%2Fetc%2Fpasswd']) expect((await get(name)).status, name).toBe(404);
    const { body } = await client.get('/generations/g1');
    expect(body).toContain('<video controls');
    expect(body).not.toContain('gone.mp4"');
    await rm(folder, { recursive: true });
  });

  it('are looked at by a retry where the page cannot show them, and fetched again only where they are gone', async () => {
    const folder = await mkdtemp(path.join(os.tmpdir(), 'dailies-files-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    const stored = { kind: 'video' as const, sha256: createHash('sha256').update('0123456789').digest('hex'), bytes: 10, source: 'https://assets.example/v.mp4' };
    await writeFile(path.join(folder, 'g1.mp4'), '0123456789');
    await succeeded(house, { id: 'g1' }, { folder, files: [{ ...stored, file: 'g1.mp4' }] });
    const retried = async () => (await client.post('/generations/g1/retry'), (await client.get('/generations/g1')).body);
    expect((await client.get('/generations/g1')).body).not.toContain('Fetch again');
    expect(await retried()).toContain('Not retried: its file is whole.');
    await rm(path.join(folder, 'g1.mp4'));
    const { body } = await client.get('/generations/g1');
    for (const words of ['a retry fetches it again.', '<form method="post" action="/generations/g1/retry">', 'Fetch again…']) expect(body).toContain(words);
    await retried();
    expect(await read(house, 'g1')).toMatchObject({ state: 'downloading' });
  });
});

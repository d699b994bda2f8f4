/** Every route, by everybody who must not: without a session, with the wrong role, without or with a forged token, from another site. */
import { hashPassword, QUEUE_NAMES, readAudit, type AuditEntry, pausesOf, type Role } from '@dailies/queue';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { boardActions } from './testing/board-actions.ts';
import { type BrowserClient, openBrowserClient } from './testing/browser-client.ts';
import { basic, type House, openHouse } from './testing/house.ts';
import { failed, read, unresolved } from './testing/scene.ts';
import { keysOf } from '../../../test/support/ledger.ts';

const UPSTREAM = { kind: 'upstream', message: 'the upstream could not make it', retryable: true };
const PASSWORDS: Record<Role, string> = { viewer: 'only looks at it', operator: 'acts on one thing', admin: 'acts on everything' };

let house: House;
const clients: Partial<Record<Role, BrowserClient>> = {};

beforeAll(async () => {
  const lines = await Promise.all((['viewer', 'operator'] as const).map(async (role) => `${role}:${role}:${await hashPassword(PASSWORDS[role])}`));
  house = await openHouse(inject('redisUrl'), { DASHBOARD_PASSWORD: PASSWORDS.admin, DASHBOARD_USERS: lines.join(',') });
  await failed(house, { id: 'gfailed' }, UPSTREAM);
  await unresolved(house, { id: 'gunresolved' });
  for (const role of ['viewer', 'operator', 'admin'] as const) {
    const client = openBrowserClient(house.url);
    expect(await client.signIn(role, PASSWORDS[role])).toBe(303);
    clients[role] = client;
  }
});
afterAll(() => house?.close());

const as = (role: Role): BrowserClient => {
  const client = clients[role];
  if (client === undefined) throw new Error(`nobody is signed in as ${role}`);
  return client;
};

/** All routes that look, and all that act; a test holds that none is missing among the pages' own forms. */
const PAGES = [
  '/', '/generations', '/generations/gfailed', '/generations/gfailed/files/a.mp4', '/batches', '/batches/b', '/inbox', '/audit', '/live', '/queues',
  '/queues/api/queues', '/nothing',
];
const ACTIONS = [
  '/generations/preview',
  '/generations/act',
  '/generations/gfailed/retry',
  '/generations/gfailed/cancel',
  '/generations/gunresolved/resolve',
  '/providers/allegro/pause',
  '/providers/allegro/resume',
];
/** What Bull Board itself says that it can do: an action that a later version brings is fenced in too, or this fails. */
const BOARD_ROUTES = boardActions({ queueName: 'allegro-poll', jobId: 'gfailed-2', queueStatus: 'failed', schedulerId: 'nightly' });
const OF_ONE = /\/gfailed-2\/(retry|clean|promote)$|\/allegro-poll\/(pause|resume)$/;
const BOARD_ACTIONS = BOARD_ROUTES.filter(([, route]) => OF_ONE.test(route));
const MANY = BOARD_ROUTES.filter(([, route]) => !OF_ONE.test(route));
const EVERY_ACTION = [...ACTIONS.map((route) => ['POST', route] as const), ...BOARD_ACTIONS, ...MANY];

async function untouched(): Promise<void> {
  expect(await read(house, 'gfailed')).toMatchObject({ state: 'failed', round: 1 });
  expect(await read(house, 'gunresolved')).toMatchObject({ state: 'unresolved' });
  expect(await pausesOf(house.desk.store, 'allegro', '')).toEqual([]);
}

it('the board has actions of one job or queue, which an operator may take, and more that act on many', () => {
  expect(BOARD_ACTIONS).toHaveLength(5);
  expect(MANY.length).toBeGreaterThan(12);
});

describe('without a session', () => {
  it.each(PAGES)('%s leads a person to the form, and tells a script to sign in', async (route) => {
    const client = openBrowserClient(house.url);
    const { status, location } = await client.get(route);
    expect([status, location]).toEqual([303, `/login?to=${encodeURIComponent(route)}`]);
    expect((await client.get(route, { accept: 'application/json' })).status).toBe(401);
  });

  it('a browser is never asked for basic auth, which it would send along for good: not for what a page asks beside itself either', async () => {
    const challenge = async (headers: Record<string, string>) =>
      (await fetch(`${house.url}/queues/api/queues`, { headers: { accept: 'application/json', ...headers } })).headers.get('www-authenticate');
    expect(await challenge({ 'sec-fetch-site': 'same-origin' })).toBeNull();
    // As over plain HTTP from another machine.
    expect(await challenge({ 'user-agent': 'Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0' })).toBeNull();
    expect(await challenge({})).toContain('Basic');
  });

  it('a button of a page whose session has ended says that nothing was done, and leads back to that page only', async () => {
    const pressed = (referer: string) => openBrowserClient(house.url).post('/generations/gfailed/retry', {}, { referer });
    const { status, body } = await pressed(`${house.url}/generations?state=failed`);
    expect(status).toBe(401);
    expect(body).toContain('You are not signed in any more: nothing was done.');
    expect(body).toContain(`href="/login?to=${encodeURIComponent('/generations?state=failed')}"`);
    expect((await pressed('https://elsewhere.example/generations')).body).toContain('href="/login?to=%2F"');
    await untouched();
  });

  it('no action is done', async () => {
    const client = openBrowserClient(house.url);
    for (const [method, route] of EVERY_ACTION) expect((await client.call(method, route)).status, route).toBe(401);
    await untouched();
  });
});

describe('with the wrong role', () => {
  it('a viewer sees every page, and does nothing', async () => {
    for (const route of ['/', '/generations', '/generations/gfailed', '/batches', '/inbox', '/audit', '/queues']) {
      expect((await as('viewer').get(route)).status, route).toBe(200);
    }
    for (const [method, route] of EVERY_ACTION) expect((await as('viewer').call(method, route)).status, route).toBe(403);
    await untouched();
  });

  it('a preview is shown only to who has asked for it', async () => {
    const { location } = await as('operator').post('/generations/preview', { what: 'retry', filter: '' });
    expect((await as('operator').get(location)).body).toContain('<h1>Retry');
    for (const role of ['viewer', 'admin'] as const) expect(await as(role).get(location), role).toMatchObject({ status: 303, location: '/generations' });
    await untouched();
  });

  it('a viewer is offered no action: no form but the one that signs out, and a board that is read-only', async () => {
    for (const route of ['/', '/generations', '/generations/gfailed', '/inbox']) {
      const { body } = await as('viewer').get(route);
      expect([...body.matchAll(/<form method="post" action="([^"]*)"/g)].map(([, action]) => action), route).toEqual(['/logout']);
    }
    for (const route of ['/inbox', '/generations/gunresolved']) {
      expect((await as('viewer').get(route)).body, route).toContain('Your role, viewer, only looks: an operator gives the word.');
      expect((await as('operator').get(route)).body, route).not.toContain('only looks');
    }
    const { queues } = JSON.parse((await as('viewer').get('/queues/api/queues', { accept: 'application/json' })).body) as {
      queues: { readOnlyMode: boolean }[];
    };
    expect(queues.map(({ readOnlyMode }) => readOnlyMode)).toEqual(QUEUE_NAMES.map(() => true));
  });

  it('an operator does not act on whole queues', async () => {
    for (const [method, route] of MANY) expect((await as('operator').call(method, route)).status, route).toBe(403);
    await untouched();
  });
});

describe('with a missing or forged token, or from another site', () => {
  it.each([
    ['without a token', { 'x-xsrf-token': '' }],
    ['with a forged token', { 'x-xsrf-token': 'A'.repeat(32) }],
    ['from another origin', { origin: 'http://evil.example' }],
    ['from a page without an origin', { origin: 'null' }],
    ['from another site', { 'sec-fetch-site': 'cross-site' }],
    ['from another host of the same site', { 'sec-fetch-site': 'same-site' }],
  ])('%s, no action is done, not even by an admin', async (_how, headers) => {
    for (const [method, route] of EVERY_ACTION) expect((await as('admin').call(method, route, headers as Record<string, string>)).status, route).toBe(403);
    for (const route of ACTIONS) expect((await as('admin').post(route, { _token: 'forged' }, headers as Record<string, string>)).status, route).toBe(403);
    await untouched();
  });

  it('a button of a page that an earlier session has left says that nothing was done, and leads back to that page only', async () => {
    const pressed = (referer: string) => as('operator').post('/generations/gfailed/retry', { _token: 'of an earlier session' }, { referer });
    const { status, body } = await pressed(`${house.url}/generations/gfailed?a=b`);
    expect([status, body]).toEqual([403, expect.stringContaining('Nothing was done')]);
    expect(body).toContain('href="/generations/gfailed?a=b"');
    for (const elsewhere of ['https://elsewhere.example/x', `${house.url}//elsewhere.example/x`]) {
      expect((await pressed(elsewhere)).body).not.toMatch(/href="(https?:)?\/\//);
    }
    await untouched();
  });

  it('the token of somebody else is a forged one', async () => {
    const { status } = await as('admin').post('/providers/allegro/pause', { _token: as('operator').cookie('XSRF-TOKEN'), reason: 'x' });
    expect(status).toBe(403);
    await untouched();
  });

  it('a script with basic auth needs no token, and is refused from another site all the same', async () => {
    const headers = { authorization: basic('operator', PASSWORDS.operator), accept: 'application/json', 'content-type': 'application/x-www-form-urlencoded' };
    const pause = (more: Record<string, string>) =>
      fetch(`${house.url}/providers/allegro/pause`, { method: 'POST', headers: { ...headers, ...more }, body: 'reason=a+script' });
    expect((await pause({ origin: 'http://evil.example' })).status).toBe(403);
    await untouched();
    expect(await (await pause({})).json()).toMatchObject({ done: true });
    expect((await fetch(`${house.url}/providers/allegro/resume`, { method: 'POST', headers })).status).toBe(200);
    await untouched();
  });
});

describe('a session', () => {
  it('ends with the log-out, on the server too', async () => {
    const client = openBrowserClient(house.url);
    await client.signIn('viewer', PASSWORDS.viewer);
    const stolen = client.cookie('dailies.session');
    expect((await client.get('/inbox')).status).toBe(200);
    expect((await client.post('/logout')).location).toBe('/login');
    const { status } = await openBrowserClient(house.url).get('/inbox', { cookie: `dailies.session=${encodeURIComponent(stolen)}` });
    expect(status).toBe(303);
  });

  it('has another id after the login than before, in a cookie that no script and no other site can use', async () => {
    const response = await fetch(`${house.url}/login`, {
      method: 'POST',
      redirect: 'manual',
      headers: { origin: house.url, 'content-type': 'application/x-www-form-urlencoded', cookie: 'dailies.session=s%3Afixed.by-an-attacker' },
      body: new URLSearchParams({ name: 'viewer', password: PASSWORDS.viewer, to: '//evil.example/' }),
    });
    const [cookie = ''] = response.headers.getSetCookie();
    expect(cookie).toMatch(/^dailies\.session=.*HttpOnly; SameSite=Lax$/);
    expect(cookie).not.toContain('fixed');
    expect(response.headers.get('location')).toBe('/');
  });

  it('is a new one after each login, and the one before it ends: who knew that has no part in it', async () => {
    const client = openBrowserClient(house.url);
    await client.signIn('viewer', PASSWORDS.viewer);
    const before = client.cookie('dailies.session');
    await client.signIn('admin', PASSWORDS.admin);
    expect(client.cookie('dailies.session')).not.toBe(before);
    const { status } = await openBrowserClient(house.url).get('/inbox', { cookie: `dailies.session=${encodeURIComponent(before)}` });
    expect(status).toBe(303);
  });

  it('is not given for a wrong password, and an address that guesses has to wait', async () => {
    const guess = async () => (await openBrowserClient(other.url).post('/login', { name: 'viewer', password: 'wrong' })).status;
    const other = await openHouse(inject('redisUrl'), { DASHBOARD_PASSWORD: PASSWORDS.admin });
    const answers = [];
    for (let at = 0; at < 6; at += 1) answers.push(await guess());
    expect(answers).toEqual([401, 401, 401, 401, 401, 429]);
    await other.close();
  });
});

describe('the audit log', () => {
  it('has every action: who, what, on what, what came of it, from where', async () => {
    await as('operator').post('/providers/allegro/pause', { reason: 'the upstream is slow' });
    await as('operator').post('/providers/allegro/resume');
    await as('operator').post('/generations/gfailed/retry', { seq: '2' });
    await as('viewer').post('/generations/gfailed/cancel');
    await as('admin').call('PUT', '/queues/api/queues/allegro-poll/empty');
    await as('admin').post('/generations/gfailed/cancel', { _token: 'forged' });
    const entries = async () => (await readAudit(house.desk.store, 200)).toReversed();
    await expect
      .poll(async () => (await entries()).filter(({ what, who }) => what.includes('cancel') && who === 'admin').length)
      .toBeGreaterThan(0);
    const found = await entries();
    const has = (entry: Partial<AuditEntry>) => expect(found).toContainEqual(expect.objectContaining({ address: '127.0.0.1', ...entry }));
    has({ who: 'operator', role: 'operator', what: 'pause', target: 'allegro', outcome: 'done: the upstream is slow' });
    has({ who: 'operator', what: 'resume', target: 'allegro', outcome: 'done: ended: a person paused it: the upstream is slow (operator)' });
    has({ who: 'operator', what: 'retry', target: 'gfailed', outcome: 'refused: Not retried: would be submitted again, which may pay.' });
    has({ who: 'viewer', what: 'POST /generations/gfailed/cancel', outcome: expect.stringContaining('refused (403)') as string });
    has({
      who: 'admin',
      what: 'PUT /queues/api/queues/allegro-poll/empty',
      outcome: expect.stringContaining('refused (409): A queue is not emptied') as string,
    });
    has({ who: 'admin', what: 'POST /generations/gfailed/cancel', outcome: expect.stringContaining('refused (403)') as string });
    has({ who: 'viewer', what: 'login', outcome: 'done' });
    await untouched();
    expect((await as('viewer').get('/audit')).body).toContain('the upstream is slow');
  });
});

describe('a dashboard that others can reach', () => {
  it.each([
    [{}, /DASHBOARD_PASSWORD: is missing/],
    [{ DASHBOARD_PASSWORD: 'short' }, /DASHBOARD_PASSWORD: is too short/],
  ])('does not start with %j', async (environment, reason) => {
    await expect(openHouse(inject('redisUrl'), { DASHBOARD_HOST: '0.0.0.0', ...environment })).rejects.toThrow(reason);
  });
});

describe('a user who is changed', () => {
  it('with another password, has no session any more, and what is kept of a session tells no password', async () => {
    const tag = { REDIS_TAG: `test:${crypto.randomUUID()}` };
    const before = await openHouse(inject('redisUrl'), { ...tag, DASHBOARD_PASSWORD: 'the first one of all' });
    const client = openBrowserClient(before.url);
    await client.signIn('admin', 'the first one of all');
    const cookie = `dailies.session=${encodeURIComponent(client.cookie('dailies.session'))}`;
    const [key = ''] = await keysOf(before.desk.store.redis, `{${tag.REDIS_TAG}}:session:*`);
    expect(await before.desk.store.redis.get(key)).not.toContain('first one');
    expect(await before.desk.store.redis.ttl(key)).toBeGreaterThan(3_600);
    await before.close();

    const same = await openHouse(inject('redisUrl'), { ...tag, DASHBOARD_PASSWORD: 'the first one of all' });
    expect((await openBrowserClient(same.url).get('/inbox', { cookie })).status).toBe(200);
    await same.close();
    const after = await openHouse(inject('redisUrl'), { ...tag, DASHBOARD_PASSWORD: 'the second one of all' });
    expect((await openBrowserClient(after.url).get('/inbox', { cookie })).status).toBe(303);
    await after.close();
  });
});

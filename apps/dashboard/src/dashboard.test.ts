import { once } from 'node:events';
import { createServer } from 'node:net';
import { createLog, loadConfig } from '@dailies/queue';
import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest';
import { createDashboard } from './dashboard.ts';
import { basic, type House, openHouse } from './testing/house.ts';
import { openRedisLine } from './testing/redis-line.ts';

let house: House;
beforeEach(async () => {
  house = await openHouse(inject('redisUrl'));
});
afterEach(() => house.close());

const get = (route: string, headers: Record<string, string> = {}, method = 'GET') => fetch(`${house.url}${route}`, { method, headers, redirect: 'manual' });
const signedIn = () => ({ authorization: basic(house.user, house.password) });

describe('/metrics', () => {
  it('is for who is signed in, and with METRICS_TOKEN also for who bears it', async () => {
    expect((await get('/metrics')).status).toBe(401);
    // On a busy machine a scrape may give up on the ledger.
    await expect.poll(async () => (await get('/metrics', signedIn())).text()).toContain('dailies_redis_up 1');
    expect((await get('/metrics', { authorization: 'Bearer a-token-of-some-length' })).status).toBe(401);
    const other = await openHouse(inject('redisUrl'), { METRICS_TOKEN: 'a-token-of-some-length' });
    const status = async (token: string) => (await fetch(`${other.url}/metrics`, { headers: { authorization: `Bearer ${token}` } })).status;
    expect([await status('a-token-of-some-length'), await status('a-token-of-other-length')]).toEqual([200, 401]);
    const refused = await fetch(`${other.url}/metrics`, { headers: { authorization: 'Bearer wrong' } });
    expect(await refused.json()).toMatchObject({ message: 'This token is not the METRICS_TOKEN of this dashboard.' });
    await other.close();
  });
});

describe('signing in', () => {
  it.each(['/', '/queues', '/queues/api/queues', '/queues/static/favicon.ico', '/nothing'])('is asked for at %s', async (route) => {
    const response = await get(route);
    expect(response.status).toBe(401);
    expect(response.headers.get('www-authenticate')).toContain('Basic');
  });

  it('is refused with a wrong user or password, and after some of them the address has to wait', async () => {
    expect((await get('/queues', { authorization: basic('root', house.password) })).status).toBe(401);
    for (let at = 0; at < 4; at += 1) expect((await get('/queues', { authorization: basic(house.user, `wrong ${at}`) })).status).toBe(401);
    const blocked = await get('/queues', signedIn());
    expect(blocked.status).toBe(429);
    expect(Number(blocked.headers.get('retry-after'))).toBeGreaterThan(0);
  });

  it('opens / with a fresh long password', async () => {
    expect(house.password.length).toBeGreaterThanOrEqual(20);
    const response = await get('/', signedIn());
    expect(await response.text()).toContain('<h1>Overview</h1>');
    expect((await get('/queues', signedIn())).status).toBe(200);
  });

  it('uses the configured password, and generates none', async () => {
    const other = await openHouse(inject('redisUrl'), { DASHBOARD_PASSWORD: 'a chosen one', DASHBOARD_USER: 'anna' });
    expect(other.password).toBe('a chosen one');
    expect((await fetch(`${other.url}/queues`, { headers: { authorization: basic('anna', 'a chosen one') } })).status).toBe(200);
    await other.close();
  });

  it('is not needed for /healthz', async () => {
    expect(await (await get('/healthz')).json()).toEqual({ status: 'ok', redis: 'ok' });
  });
});

describe('requests from other sites', () => {
  it.each([
    { origin: 'http://evil.example' },
    { origin: 'null' },
    { 'sec-fetch-site': 'cross-site' },
    { 'sec-fetch-site': 'same-site', origin: 'http://127.0.0.1:1' },
  ])('are refused although they are signed in: %j', async (headers: Record<string, string>) => {
    const response = await get('/queues/api/queues/pause', { ...signedIn(), ...headers }, 'PUT');
    expect(response.status).toBe(403);
    expect((await get('/queues/api/queues/allegro-submit/add', { ...signedIn(), ...headers }, 'POST')).status).toBe(403);
    expect(await house.desk.store.redis.exists(house.desk.store.keys.pauses)).toBe(0);
  });

  it('are told from those of our own page', async () => {
    expect((await get('/queues/api/queues/pause', { ...signedIn(), origin: house.url, 'sec-fetch-site': 'same-origin' }, 'PUT')).status).toBe(200);
  });
});

describe('the page', () => {
  it('forbids framing and foreign content, and asks no other host for anything', async () => {
    const response = await get('/queues', signedIn());
    const page = await response.text();
    expect(response.headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(response.headers.get('x-frame-options')).toBe('DENY');
    expect(response.headers.get('referrer-policy')).toBe('same-origin');
    expect(response.headers.get('x-content-type-options')).toBe('nosniff');
    expect(response.headers.get('x-powered-by')).toBeNull();
    expect(page).toContain('<title>Dailies</title>');
    expect(page).not.toMatch(/(href|src)="https?:/);
  });

  it.each(['style.css', 'page.js', 'live.js', 'times.js', 'charts.js', 'board.js', 'board.css', 'icon.svg', 'uplot.js', 'uplot.css'])('has its /assets/%s', async (name) => {
    const response = await get(`/assets/${name}`);
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toMatch(/javascript|css|svg/);
    expect((await response.text()).length).toBeGreaterThan(100);
  });

  it('says what cannot be read, without a stack trace', async () => {
    const response = await fetch(`${house.url}/queues/api/queues/allegro-submit/add`, {
      method: 'POST',
      headers: { ...signedIn(), 'content-type': 'application/json' },
      body: '{',
    });
    expect(response.status).toBe(400);
    expect(await response.text()).not.toContain(' at ');
    expect((await get('/queues/api/queues?activeQueue=%25E0', signedIn())).status).toBe(400);
  });

  it('answers an address that cannot be read with a page for a person, and JSON for a script', async () => {
    const page = await get('/generations/%E0%A4%A', { ...signedIn(), accept: 'text/html' });
    expect([page.status, await page.text()]).toEqual([400, expect.stringContaining('<h1>The request cannot be read</h1>')]);
    expect(await (await get('/generations/%E0%A4%A', signedIn())).json()).toMatchObject({ error: 'The request cannot be read' });
  });
});

describe('without Redis', () => {
  it('answers 503 at once with a page that says so, and comes back with Redis', async () => {
    const line = await openRedisLine(inject('redisUrl'));
    const board = await openDashboard(line.url);
    expect((await board.get('/queues')).status).toBe(200);
    line.cut();
    await expect.poll(async () => (await board.get('/queues')).status).toBe(503);
    const page = await (await board.get('/queues')).text();
    expect(page).toContain('<h1>Redis does not answer</h1>');
    // The policy of our pages forbids any other style.
    expect(page.match(/<style|stylesheet" href="[^"]+/g)).toEqual(['stylesheet" href="/assets/style.css']);
    expect(await (await board.get('/queues/api/queues', 'application/json')).json()).toMatchObject({ error: 'Redis does not answer' });
    expect(await (await board.get('/healthz')).json()).toEqual({ status: 'ok', redis: 'away' });
    line.mend();
    await expect.poll(async () => (await board.get('/queues/api/queues')).status).toBe(200);
    await board.stop();
  });

  it('leads who pressed something back to the page that it was on, and leaves open whether it was done', async () => {
    const line = await openRedisLine(inject('redisUrl'));
    const board = await openDashboard(line.url);
    line.cut();
    await expect.poll(async () => (await board.get('/queues')).status).toBe(503);
    const pressed = await board.press('/generations/g1/resolve', '/inbox?a=b');
    expect(pressed).toContain('content="3; url=/inbox?a=b"');
    expect(pressed).toContain('may not have been done');
    expect(await (await board.get('/inbox')).text()).not.toContain('may not have been done');
    await board.stop();
  });

  it('comes back when the connection was cut during its first words', async () => {
    const line = await openRedisLine(inject('redisUrl'), { cutAtFirstInfo: true });
    const board = await openDashboard(line.url);
    await expect.poll(async () => (await board.get('/queues/api/queues')).status).toBe(200);
    expect(line.cuts()).toBe(1);
    await board.stop();
  });

  it('starts, answers, and stops, also twice', async () => {
    const line = await openRedisLine(inject('redisUrl'));
    line.cut();
    const board = await openDashboard(line.url);
    expect((await board.get('/queues')).status).toBe(503);
    line.mend();
    await expect.poll(async () => (await board.get('/queues/api/queues')).status).toBe(200);
    line.cut();
    await board.stop();
    await board.stop();
    await expect(board.get('/healthz')).rejects.toThrow();
  });
});

describe('the port', () => {
  it('that is in use is named with its variable', async () => {
    const holder = createServer().listen(0, '127.0.0.1');
    await once(holder, 'listening');
    const address = holder.address();
    const port = typeof address === 'object' ? address?.port : 0;
    await expect(openHouse(inject('redisUrl'), { DASHBOARD_PORT: String(port) })).rejects.toThrow(/DASHBOARD_PORT: port \d+ is in use/);
    holder.close();
  });
});

async function openDashboard(redisUrl: string) {
  const config = loadConfig({ DASHBOARD_PORT: '0' }, { root: '/', cwd: '/' });
  const dashboard = createDashboard({ config, redisUrl, log: createLog({ level: 'silent', name: 'test' }) });
  const { url, user, generatedPassword } = await dashboard.start();
  const authorization = basic(user, generatedPassword ?? '');
  return {
    get: (route: string, accept = 'text/html') => fetch(`${url}${route}`, { headers: { authorization, accept } }),
    async press(route: string, from: string) {
      const response = await fetch(`${url}${route}`, { method: 'POST', headers: { authorization, accept: 'text/html', referer: `${url}${from}` } });
      return response.text();
    },
    stop: () => dashboard.stop(2_000),
  };
}

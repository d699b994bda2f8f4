import { createGenerations, endpointId, endTask, hold, holdRestored, note, noteDownloadWait, noteFailure, pause, pauses, readAudit, shardOf, speak, transition } from '@dailies/queue';
import { afterEach, beforeEach, describe, expect, inject, it, onTestFinished } from 'vitest';
import { type BrowserClient, openBrowserClient } from '../testing/browser-client.ts';
import { basic, type House, openHouse } from '../testing/house.ts';
import { move, queued, read, rendering, succeeded, unresolved } from '../testing/scene.ts';

let house: House;
let client: BrowserClient;
beforeEach(async () => {
  house = await openHouse(inject('redisUrl'));
  client = openBrowserClient(house.url);
  await client.signIn(house.user, house.password);
});
afterEach(() => house.close());

const overview = async () => (await client.get('/')).body;

describe('the overview', () => {
  it('shows a pause with its reason at once, and its end', async () => {
    expect(await overview()).toContain('submits may leave');
    await client.post('/providers/allegro/pause', { reason: 'the <b>bill</b>', polls: '1' });
    expect(await overview()).toContain('a person paused it: the &#60;b&#62;bill&#60;/b&#62; (admin)');
    await client.post('/providers/allegro/resume');
    expect(await overview()).toContain('submits may leave');
  });

  it('says that nobody looks at what renders, though a worker lives and its slot looks like work', async () => {
    await speak(house.desk.store, 'of another account', { unanswered: {}, clockAheadMs: -3 * 3_600_000 });
    await speak(house.desk.store, 'worker 2', { unanswered: {}, clockAheadMs: 65_000 });
    await rendering(house, { id: 'g1' }, Date.now() - 60_000, 0);
    expect(await overview()).not.toContain('s late, and nobody makes it');
    expect(await overview()).toContain('us: the clock of of another account is 3 h behind that of Redis, the clock of worker 2 is 65 s ahead of that of Redis. Deadlines');
    const [job] = await house.desk.queues.get('allegro-poll').getJobs(['waiting', 'delayed']);
    await house.desk.store.redis.lrem(`${house.desk.store.keys.prefix}:allegro-poll:wait`, 0, job?.id ?? '');
    await house.desk.store.redis.zadd(`${house.desk.store.keys.prefix}:allegro-poll:delayed`, (Date.now() - 45_000) * 4096, job?.id ?? '');
    const account = house.config.providers.allegro.account?.id ?? '';
    const shard = shardOf(house.desk.store, account);
    await shard.redis.hset(shard.keys.account(account), { openSince: Date.now() });
    await expect.poll(overview).toMatch(/breaker open[^]*a look at what renders is 4\d s late, and nobody makes it/);
    const page = (await client.get('/generations/g1')).body;
    expect(page).toContain('s late, and nobody makes it');
    expect(page).not.toContain('breaker open');
  });

  it('says why downloads wait and what helps, as the page of a generation does while it waits there', async () => {
    const reason = 'The folder cannot be written: the disk is full. Make room. The download goes on by itself when that is mended.';
    await rendering(house, { id: 'g1' }, Date.now(), 0);
    for (const machine of ['render-7', 'render-8']) await noteDownloadWait(house.desk.store, { machine, folder: '/videos', reason, since: Date.now() - 60_000 });
    await expect.poll(overview).toMatch(/us: on render-[78], render-[78]: /);
    expect((await overview()).split(reason)).toHaveLength(2);
    const page = async () => (await client.get('/generations/g1')).body;
    expect(await page()).not.toContain('render-7');
    const patch = { waitsFor: 'The host of the link is away.' };
    await transition(house.desk.store, await read(house, 'g1'), { from: ['rendering'], to: 'downloading', by: 'test', patch });
    expect((await page()).split(reason)).toHaveLength(2);
    expect(await page()).toContain('waits: The host of the link is away.');
    for (let at = 1; at <= 3; at += 1) await noteDownloadWait(house.desk.store, { machine: 'render-7', folder: `/videos/${at}`, reason: `Folder ${at} is full.`, since: at });
    await note(house.desk.store, await read(house, 'g1'), { waitsFor: reason });
    expect((await page()).split(reason)).toHaveLength(2);
  });

  it('shows three of the folders that downloads wait for, and how many more there are: a full disk is one of them for each batch', async () => {
    for (let at = 1; at <= 12; at += 1) {
      await noteDownloadWait(house.desk.store, { machine: 'render-7', folder: `/videos/batch-${at}`, reason: `/videos/batch-${at} is full.`, since: at });
    }
    await expect.poll(overview).toContain('Downloads wait for 9 more folders: <code>dailies status</code>');
    expect((await overview()).match(/us: on render-7: [^ ]*/g)).toEqual([1, 2, 3].map((at) => `us: on render-7: /videos/batch-${at}`));
    await noteDownloadWait(house.desk.store, { machine: 'render-7', folder: 's3://films', reason: 'films refuses the key.', since: Date.now() });
    await expect.poll(overview).toContain('Downloads wait for 10 more folders');
    expect((await overview()).match(/us: on render-7: [^ ]*/g)).toEqual(['films', '/videos/batch-1', '/videos/batch-2'].map((name) => `us: on render-7: ${name}`));
  });

  it('names the webhook endpoints that fail, and what helps one that is disabled, without their secrets', async () => {
    const fail = (url: string, afterFailures: number) =>
      noteFailure(house.desk.store, url, { why: 'HTTP 500.', by: 'a' }, { afterMs: 0, afterFailures });
    await fail('https://fails.example/x?token=SECRET', 9);
    await fail('https://disabled.example/y?token=SECRET', 1);
    const page = await overview();
    expect(page).toContain('the receiver: https://fails.example/x has failed once: HTTP 500.\nWhat it misses');
    expect(page).toContain('tried again for 24 hours');
    expect(page).toContain('the receiver: https://disabled.example/y has failed once: ');
    expect(page).toContain(`dailies webhooks --enable ${endpointId('https://disabled.example/y?token=SECRET')}`);
    expect(page).not.toContain('SECRET');
    expect(page).not.toContain('Other webhook endpoints');
  });

  it('names a disabled webhook endpoint before three that failed after it, and where the rest is named', async () => {
    const fail = (url: string, afterFailures: number) =>
      noteFailure(house.desk.store, url, { why: 'HTTP 500', by: 'a' }, { afterMs: 0, afterFailures });
    await fail('https://disabled.example/y', 1);
    for (const name of ['one', 'two', 'three']) await fail(`https://${name}.example/x`, 9);
    const page = await overview();
    expect(page).toContain(`dailies webhooks --enable ${endpointId('https://disabled.example/y')}`);
    expect(page.match(/the receiver: /g)).toHaveLength(3);
    expect(page).toContain('Other webhook endpoints fail as well: <code>dailies webhooks</code>');
  });

  it('tells who pauses what somebody else has paused that the other one stands', async () => {
    await pause(house.desk.store, 'operator:allegro', { reason: 'maintenance (anna)', kind: 'operator', polls: true });
    await client.post('/providers/allegro/pause', { reason: 'the budget' });
    expect(await overview()).toContain('allegro is paused already, polls too: maintenance (anna). That pause stays as it is, and one resume ends it.');
  });

  it('ends no pause that came after the page from which a person resumes', async () => {
    const resume = (page: string) => client.post('/providers/allegro/resume', { seen: /name="seen" value="(\d+)"/.exec(page)?.[1] ?? '' });
    await pause(house.desk.store, 'operator:allegro', { reason: 'maintenance (anna)', kind: 'operator', polls: false });
    const stale = await overview();
    await client.post('/providers/allegro/resume');
    await pause(house.desk.store, 'operator:allegro', { reason: 'spend nothing today (omar)', kind: 'operator', polls: false });
    await resume(stale);
    const refused = await overview();
    expect(refused).toContain('allegro is still paused: a person paused it: spend nothing today (omar). Your page did not show that.');
    expect(refused).toContain('Resume allegro');
    await resume(refused);
    expect(await overview()).toContain('allegro goes on. Ended: a person paused it: spend nothing today (omar).');
  });

  it('ends the pause that the page showed, and leaves one that came after it', async () => {
    await pause(house.desk.store, 'operator:allegro', { reason: 'maintenance (anna)', kind: 'operator', polls: false });
    const seen = /name="seen" value="(\d+)"/.exec(await overview())?.[1] ?? '';
    await pause(house.desk.store, `account:${house.config.providers.allegro.account?.id}`, { reason: 'used up', kind: 'quota', polls: false });
    await client.post('/providers/allegro/resume', { seen });
    const page = await overview();
    expect(page).toContain('allegro is still paused: the money: balance or quota is used up: used up. Your page did not show that.');
    expect(page).toContain('Ended: a person paused it: maintenance (anna).');
    await client.post('/providers/allegro/resume', { seen: 'x' });
    expect(await overview()).toContain('allegro is still paused: the money');
    await client.post('/providers/allegro/resume');
    expect(await overview()).toContain('allegro goes on. Ended: the money: balance or quota is used up: used up.');
  });

  it('does not say that what a rolled back Redis holds goes on, and offers no resume for it', async () => {
    await holdRestored(house.desk.store);
    expect(await overview()).not.toContain('Resume allegro');
    await client.post('/providers/allegro/resume');
    expect(await overview()).toContain('allegro still submits nothing: this Redis was rolled back. It goes on with: dailies doctor --after-restore');
  });

  it('says of a resume for whom else the shared account is open again', async () => {
    const shared = await openHouse(inject('redisUrl'), { ACEDATA_API_KEY: 'k' });
    try {
      const guest = openBrowserClient(shared.url);
      await guest.signIn(shared.user, shared.password);
      const account = shared.config.providers.pika.account?.id ?? '';
      await pause(shared.desk.store, `account:${account}`, { reason: 'the balance is used up', kind: 'quota', polls: false });
      await guest.get('/');
      await guest.post('/providers/pika/resume');
      expect((await guest.get('/')).body).toContain('pika goes on. Ended: the money: balance or quota is used up: the balance is used up. Hailuo, Pika and Luma share that account: it is open again for all of them.');
    } finally {
      await shared.close();
    }
  });

  it('counts as held what is of the provider, on whatever account, and not of its neighbours on the account', async () => {
    const shared = await openHouse(inject('redisUrl'), { ACEDATA_API_KEY: 'k' });
    try {
      const account = shared.config.providers.luma.account?.id ?? '';
      const item = (provider: 'hailuo' | 'luma', id: string, whose = account) => ({
        id,
        provider,
        account: whose,
        ask: { prompt: id },
        request: {},
        fingerprint: id,
        priority: 1,
        metadata: null,
      });
      await createGenerations(shared.desk.store, {
        batch: null,
        lane: 'test',
        attended: false,
        items: [item('hailuo', 'h1'), item('luma', 'l1'), item('luma', 'l2'), item('luma', 'l3', 'acedata@http://elsewhere')],
      });
      for (const id of ['l1', 'l2', 'l3']) expect(await hold(shared.desk.store, await read(shared, id), 'origin')).toBe(true);
      const guest = openBrowserClient(shared.url);
      await guest.signIn(shared.user, shared.password);
      const card = async (provider: string) => (await guest.get('/')).body.split(`id="p-${provider}"`)[1]?.split('</section>')[0];
      await expect.poll(() => card('luma')).toContain('submits may leave');
      await expect.poll(() => card('luma')).toContain('>3</a>: the reason stands beside each');
      expect(await card('hailuo')).not.toContain('Held');
      await expect.poll(() => card('hailuo')).toContain('us: no worker lives</p>');
      await speak(shared.desk.store, 'worker', { unanswered: {}, fewReplicas: [shardOf(shared.desk.store, account).number] });
      await expect.poll(() => card('hailuo')).toContain('few replicas</span> us: as said above');
      const page = (await guest.get('/')).body;
      expect(page.split('us: as said above')).toHaveLength(1 + 4);
      expect(page.split('us: fewer replicas of Redis follow than REDIS_REPLICAS')).toHaveLength(2);
    } finally {
      await shared.close();
    }
  });

  it('counts what renders and is held, leads to it, and does not take it for what is queued: that no worker lives is said, also on the page of what waits', async () => {
    await succeeded(house, { id: 'done' });
    await rendering(house, { id: 'elsewhere' });
    await queued(house, { id: 'waits' });
    expect(await hold(house.desk.store, await read(house, 'elsewhere'), 'origin')).toBe(true);
    await endTask(house.desk.store, await read(house, 'elsewhere'));
    await expect.poll(overview).toContain('<a href="/generations?provider=allegro&#38;state=rendering">1</a>');
    expect(await overview()).toContain('us: no worker lives');
    expect(await overview()).toContain('<b>1</b> video</a>');
    expect(await overview()).toContain('<a href="/inbox"><b>0</b> need you</a>');
    expect(await overview()).not.toContain('</b> overdue</a>');
    const pageOf = async (id: string) => (await client.get(`/generations/${id}`)).body;
    expect(await pageOf('waits')).toContain('us: no worker lives');
    expect(await pageOf('elsewhere')).not.toContain('us: no worker lives');
  });

  it('leads from what needs a person, and from what is overdue, to just as many as it counts', async () => {
    await unresolved(house, { id: 'asks' });
    for (const id of ['late', 'later']) {
      await rendering(house, { id });
      await move(house, id, 'overdue', {});
    }
    await expect.poll(overview).toContain('<a href="/inbox"><b>1</b> needs you</a>');
    expect(await overview()).toContain('<a href="/generations?state=overdue"><b>2</b> overdue</a>');
    await expect.poll(async () => (await client.get('/generations?state=overdue')).body).toContain('2 found');
    expect((await client.get('/inbox')).body).toContain('1 unresolved');
  });

  it('takes no pause without a reason, and none of a provider that is not there', async () => {
    await client.post('/providers/allegro/pause', { reason: '  ' });
    expect(await overview()).toContain('Say why');
    expect((await client.post('/providers/nobody/pause', { reason: 'x' })).status).toBe(404);
  });

  it('says of a pause and of a cancel that too few replicas of Redis have them: they stand, and a fail-over could forget them', async () => {
    const other = await openHouse(inject('redisUrl'), { REDIS_REPLICAS: '9' });
    onTestFinished(() => other.close());
    const visitor = openBrowserClient(other.url);
    await visitor.signIn(other.user, other.password);
    for (const id of ['g1', 'g2']) await queued(other, { id });
    for (const route of ['/queues/api/queues/kling-submit/pause', '/queues/api/queues/pause']) {
      const { status, body } = await visitor.call('PUT', route);
      expect([status, body]).toEqual([503, expect.stringContaining('a fail-over could forget it')]);
    }
    expect((await pauses(other.desk.store)).map(({ scope }) => scope)).toEqual(expect.arrayContaining(['operator:luma', 'operator:pika', 'operator:kling', 'operator:allegro']));
    for (const path of ['/providers/allegro/pause', '/generations/g1/cancel']) {
      const { status, body } = await visitor.post(path, { reason: 'night' });
      expect([status, body]).toEqual([503, expect.stringContaining('a fail-over could forget it')]);
    }
    expect((await visitor.get('/')).body).toContain('a person paused it: ');
    expect((await read(other, 'g1')).state).toBe('canceled');
    // Of many, by the same form again: it is in no other preview.
    await expect.poll(async () => (await visitor.get('/generations?state=queued')).body).toContain('1 found');
    const { body } = await visitor.get((await visitor.post('/generations/preview', { what: 'cancel', filter: 'state=queued' })).location);
    const plan = /name="plan" value="([^"]+)"/.exec(body)?.[1] ?? '';
    for (const which of ['first', 'second']) {
      const answer = await visitor.post('/generations/act', { plan });
      expect([answer.status, answer.body], which).toEqual([503, expect.stringContaining('a fail-over could forget it')]);
    }
    expect((await read(other, 'g2')).state).toBe('canceled');
    expect((await readAudit(other.desk.store, 2)).map(({ outcome }) => outcome)).toEqual([1, 2].map(() => expect.stringMatching(/^done: It is done, or noted, but/)));
    // A fail-over has forgotten it: the form says so once, and then that there is something left.
    const { redis, keys } = shardOf(other.desk.store, (await read(other, 'g2')).account);
    await redis.hset(keys.generation('g2'), { state: 'queued' });
    const answers = [await visitor.post('/generations/act', { plan }), await visitor.post('/generations/act', { plan })];
    expect(answers.map(({ status }) => status)).toEqual([503, 303]);
    expect((await visitor.get('/generations')).body).toContain('Look again to see what is left.');
  });

  it('tells open pages of what changes, and of pauses that others made', async () => {
    await expect.poll(overview).not.toContain('Reading the ledger');
    const response = await fetch(`${house.url}/live`, { headers: { authorization: basic(house.user, house.password) } });
    expect(response.headers.get('content-type')).toContain('text/event-stream');
    const heard = listen(response);
    await heard.until('event: hello');
    await queued(house, { id: 'g1' });
    await heard.until('"ids":["g1"]');
    await pause(house.desk.store, 'operator:allegro', { reason: 'elsewhere', kind: 'operator', polls: false });
    await heard.until('"ids":[],"batches":[]');
    await heard.close();
  });
});

function listen(response: Response) {
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  return {
    async until(words: string): Promise<void> {
      while (!text.includes(words)) {
        const { value, done } = (await reader?.read()) ?? { done: true, value: '' };
        if (done) throw new Error(`the line ended before ${words}: ${text}`);
        text += value;
      }
    },
    close: async () => reader?.cancel(),
  };
}

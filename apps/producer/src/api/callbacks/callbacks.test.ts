/** The route of callbacks, on a real server: what it takes in, and that it tells nobody anything. */
import { randomBytes } from 'node:crypto';
import { expect, test, vi } from 'vitest';
import { createLog, loadConfig, MOST_QUICK_POLLS, newRound, Secret, transition } from '@dailies/queue';
import { Webhook } from 'standardwebhooks';
import { beforeScript } from '../../../../../test/support/before-script.ts';
import { type CallbackDoor, openCallbackDoor } from '../../../../../test/support/callback-door.ts';
import { accept, newGeneration, openTestLedger, shardHolding, type TestLedger } from '../../../../../test/support/ledger.ts';
import { withoutToken } from './callbacks.ts';
import { isSignedBy } from './signature.ts';

const NONCE = randomBytes(16).toString('hex');
const OTHER = randomBytes(16).toString('hex');
const SECRET = `whsec_${Buffer.from('a secret of exactly 32 bytes, ok').toString('base64')}`;

async function submittingOne(ledger: TestLedger, provider: 'luma' | 'kling' = 'luma', id = 'g1', nonce = NONCE): Promise<void> {
  await accept(ledger.store, 'b', [newGeneration(id, { provider })]);
  const admission = { reservation: 'r', limit: 5, limitOfProvider: 5, judgeAfterMs: 60_000 };
  await transition(ledger.store, await ledger.generation(id), {
    from: ['queued'],
    to: 'submitting',
    by: '1.a',
    patch: { nonce, clientId: `${id}.1` },
    admission,
  });
}

/** Callbacks are heard in the order they came: when one for another generation has done its work, those before it have. */
async function allHeard(ledger: TestLedger, door: CallbackDoor): Promise<void> {
  const id = `last-${door.knocks.length}`;
  await submittingOne(ledger, 'luma', id, OTHER);
  await post(`${door.url}/v1/callbacks/luma/${id}/${OTHER}`);
  await expect.poll(() => ledger.generation(id)).toMatchObject({ hintAt: expect.any(Number) });
}

const post = (url: string, body: string | Buffer = '{"success":true,"task_id":"task-0001"}', headers: Record<string, string> = {}) =>
  fetch(url, { method: 'POST', body: new Uint8Array(Buffer.from(body)), headers: { 'content-type': 'application/json', ...headers } });

test('right, forged, unknown, malformed and oversized ones get the same answer, and only the right one leaves a hint', async () => {
  const ledger = openTestLedger();
  const door = await openCallbackDoor(ledger);
  await submittingOne(ledger);
  const at = (path: string): string => `${door.url}/v1/callbacks/${path}`;
  const answers = [
    await post(at(`luma/g1/${OTHER}`)),
    await post(at(`pika/g1/${NONCE}`)),
    await post(at(`allegro/g1/${NONCE}`)),
    await post(at(`luma/nobody/${NONCE}`)),
    await post(at(`luma/g1/${NONCE}/more`)),
    await post(at('luma/g1')),
    await post(at('luma/%E0%A4%A/x')),
    await post(at(`nobody/g1/${NONCE}`)),
    await post(at(`luma/g1/${OTHER}`), Buffer.alloc(200_000, 'x')),
    await post(at(`luma/g1/${OTHER}`), 'not json', { 'content-encoding': 'gzip', 'content-type': '' }),
  ];
  const shown = async (answer: Response) => ({
    status: answer.status,
    body: await answer.text(),
    type: answer.headers.get('content-type'),
    cache: answer.headers.get('cache-control'),
  });
  const seen = await Promise.all(answers.map(shown));
  expect(new Set(seen.map((one) => JSON.stringify(one))).size).toBe(1);
  expect(seen[0]).toMatchObject({ status: 200, body: '{"status":"ok"}' });
  expect(answers[8]?.headers.get('connection'), 'the rest of what is too large is not waited for').toBe('close');
  await allHeard(ledger, door);
  expect(await ledger.generation('g1')).not.toHaveProperty('hintAt');

  // A task is asked about by its id: one that could be a path is not taken over.
  await post(at(`luma/g1/${NONCE}`), '{"success":true,"task_id":"../task-0001"}');
  await expect.poll(() => ledger.generation('g1')).toMatchObject({ hintAt: expect.any(Number) });
  expect(await ledger.generation('g1')).not.toHaveProperty('offer');

  expect(await shown(await post(at(`luma/g1/${NONCE}`)))).toEqual(seen[0]);
  await expect.poll(() => ledger.generation('g1')).toMatchObject({ state: 'submitting', hintAt: expect.any(Number), offer: 'task-0001' });
  // What is too large to be read is a hint all the same.
  const { hintAt = 0 } = await ledger.generation('g1');
  await post(at(`luma/g1/${NONCE}`), Buffer.alloc(200_000, 'x'));
  await expect.poll(async () => (await ledger.generation('g1')).hintAt).toBeGreaterThan(hintAt);
  // A poll takes a hint for news by its time: one of the same millisecond, or of a clock that was set back, has a later time too.
  const { redis, keys } = await shardHolding(ledger.store, 'g1');
  const ahead = Date.now() + 60_000;
  await redis.hset(keys.generation('g1'), { hintAt: ahead });
  await post(at(`luma/g1/${NONCE}`));
  await expect.poll(async () => (await ledger.generation('g1')).hintAt).toBe(ahead + 1);
});

test('after the end, and for an earlier round, a callback does nothing', async () => {
  const ledger = openTestLedger();
  const door = await openCallbackDoor(ledger);
  await submittingOne(ledger);
  await transition(ledger.store, await ledger.generation('g1'), { from: ['submitting'], to: 'failed', by: '1.b' });
  await post(`${door.url}/v1/callbacks/luma/g1/${NONCE}`);
  await allHeard(ledger, door);
  const before = await ledger.generation('g1');
  // Retried: another round has another token.
  await transition(ledger.store, before, { from: ['failed'], to: 'queued', by: '2.p', patch: newRound(before) });
  await submittingAgain(ledger);
  await post(`${door.url}/v1/callbacks/luma/g1/${NONCE}`);
  await allHeard(ledger, door);
  expect(before).not.toHaveProperty('hintAt');
  expect(await ledger.generation('g1')).not.toHaveProperty('hintAt');
  // The next round begins between the look at its token and the write.
  const { nonce = '' } = await ledger.generation('g1');
  const { redis, keys } = await shardHolding(ledger.store, 'g1');
  const hasBegun = beforeScript(ledger, nonce, () => redis.hset(keys.generation('g1'), 'nonce', OTHER));
  await post(`${door.url}/v1/callbacks/luma/g1/${nonce}`);
  await allHeard(ledger, door);
  expect(hasBegun()).toBe(true);
  expect(await ledger.generation('g1')).not.toHaveProperty('hintAt');
});

async function submittingAgain(ledger: TestLedger): Promise<void> {
  const admission = { reservation: 'r2', limit: 5, limitOfProvider: 5, judgeAfterMs: 60_000 };
  const patch = { nonce: randomBytes(16).toString('hex') };
  await transition(ledger.store, await ledger.generation('g1'), { from: ['queued'], to: 'submitting', by: '2.a', patch, admission });
}

test('what is queued again waits for the look at a named task, but not for one after the other: they may be false', async () => {
  const ledger = openTestLedger();
  const door = await openCallbackDoor(ledger);
  await submittingOne(ledger);
  const { redis, keys } = await shardHolding(ledger.store, 'g1');
  await redis.hset(keys.generation('g1'), { state: 'queued' });
  await post(`${door.url}/v1/callbacks/luma/g1/${NONCE}`);
  await expect.poll(() => redis.smembers(keys.offered)).toEqual(['g1']);
  expect(await ledger.generation('g1')).toMatchObject({ offer: 'task-0001' });

  await redis.hset(keys.generation('g1'), { quick: MOST_QUICK_POLLS });
  await redis.srem(keys.offered, 'g1');
  await post(`${door.url}/v1/callbacks/luma/g1/${NONCE}`, '{"success":true,"task_id":"task-0002"}');
  await allHeard(ledger, door);
  expect(await ledger.generation('g1')).toMatchObject({ offer: 'task-0001' });
  expect(await redis.smembers(keys.offered)).toEqual([]);
});

test('a sign of life of Kling is no reason to look', async () => {
  const ledger = openTestLedger();
  const door = await openCallbackDoor(ledger);
  await submittingOne(ledger, 'kling');
  await post(`${door.url}/v1/callbacks/kling/g1/${NONCE}`, '{"task_id":"867283741759111","task_status":"processing"}');
  await expect.poll(() => ledger.generation('g1')).toMatchObject({ offer: '867283741759111' });
  expect(await ledger.generation('g1')).not.toHaveProperty('hintAt');
  await post(`${door.url}/v1/callbacks/kling/g1/${NONCE}`, '{"id":"867283741759111","status":"succeeded"}');
  await expect.poll(() => ledger.generation('g1')).toMatchObject({ hintAt: expect.any(Number) });
});

test('with a secret configured, only what Kling has signed is heard', async () => {
  const ledger = openTestLedger();
  const door = await openCallbackDoor(ledger, { callbackSecrets: { kling: new Secret(SECRET) } });
  await submittingOne(ledger, 'kling');
  const url = `${door.url}/v1/callbacks/kling/g1/${NONCE}`;
  const body = '{"id":"867283741759111","status":"succeeded"}';
  const signed = (at: Date, text = body, secret = SECRET) => ({
    'webhook-id': 'm1',
    'webhook-timestamp': String(Math.floor(at.getTime() / 1000)),
    'webhook-signature': new Webhook(secret).sign('m1', at, text),
  });
  const now = new Date();
  await post(url, body);
  await post(url, body, signed(now, `${body} `));
  await post(url, body, signed(new Date(now.getTime() - 360_000)));
  // Too large to be read, so nobody can tell who has signed it.
  await post(url, Buffer.alloc(200_000, 'x'), signed(now));
  await post(url, body, signed(now, body, `whsec_${Buffer.from('another secret of 32 bytes, truly').toString('base64')}`));
  await allHeard(ledger, door);
  expect(await ledger.generation('g1')).not.toHaveProperty('hintAt');
  await post(url, body, signed(now));
  await expect.poll(() => ledger.generation('g1')).toMatchObject({ hintAt: expect.any(Number) });
});

test('while the secret is changed, what either of the two has signed is heard', async () => {
  const next = `whsec_${Buffer.from('the next secret of 32 bytes, yes').toString('base64')}`;
  const { callbackSecrets } = loadConfig({ KLING_CALLBACK_SECRET: `${next}, ${SECRET}` }, { root: '.', cwd: '.' });
  const both = callbackSecrets.kling ?? new Secret('');
  const signedWith = (secret: string) => {
    const at = new Date();
    return { 'webhook-id': 'm1', 'webhook-timestamp': String(Math.floor(at.getTime() / 1000)), 'webhook-signature': new Webhook(secret).sign('m1', at, '{}') };
  };
  const heard = [next, SECRET, `whsec_${Buffer.from('another secret of 32 bytes, truly').toString('base64')}`].map((secret) =>
    isSignedBy(both, Buffer.from('{}'), signedWith(secret)),
  );
  expect(heard).toEqual([true, true, false]);
});

test('that callbacks cannot be heard is logged once, and again when it comes back after one was heard', async () => {
  const ledger = openTestLedger();
  const log = createLog({ level: 'silent', name: 'test' });
  const [warn, debug] = [vi.spyOn(log, 'warn'), vi.spyOn(log, 'debug')];
  const door = await openCallbackDoor(ledger, { log });
  await submittingOne(ledger);
  const { redis, keys } = await shardHolding(ledger.store, 'g1');
  const hmget = redis.hmget.bind(redis) as (...args: string[]) => Promise<string[]>;
  for (const spells of [1, 2]) {
    // As where Redis is full: a call for nobody's generation writes nothing, and is answered.
    const full = (...args: string[]) => (args[0] === keys.generation('g1') ? Promise.reject(new Error('OOM command not allowed')) : hmget(...args));
    const away = vi.spyOn(redis, 'hmget').mockImplementation(full as never);
    debug.mockClear();
    for (let call = 1; call <= 3; call += 1) {
      await post(`${door.url}/v1/callbacks/luma/g1/${NONCE}`);
      await post(`${door.url}/v1/callbacks/luma/nobody/${NONCE}`);
      await expect.poll(() => debug.mock.calls.length).toBe(call);
    }
    away.mockRestore();
    await allHeard(ledger, door);
    expect(warn).toHaveBeenCalledTimes(spells);
  }
  expect(warn).toHaveBeenLastCalledWith({ provider: 'luma', reason: 'Error' }, expect.stringContaining('polling goes on'));
});

test("the vendor's published example has the signature that our scheme makes", () => {
  const secret = 'whsec_dGVzdHNlY3JldHRlc3RzZWNyZXR0ZXN0c2VjcmV0MTI=';
  const body = '{"id":"1234567890","status":"succeeded","message":"","create_time":1781080778802,"update_time":1781080794151}';
  expect(new Webhook(secret).sign('9876543210', new Date(1_781_080_794_000), body)).toBe('v1,UsKlJP00XoQyOn410NM9xv34sP+Gl0jnOO9Lcpr7NJ4=');
  const old = { 'webhook-id': '9876543210', 'webhook-timestamp': '1781080794', 'webhook-signature': 'v1,UsKlJP00XoQyOn410NM9xv34sP+Gl0jnOO9Lcpr7NJ4=' };
  expect(isSignedBy(new Secret(secret), Buffer.from(body), old), 'more than five minutes old').toBe(false);
});

test('what is not a POST is left to whoever comes after', async () => {
  const door = await openCallbackDoor(openTestLedger());
  expect((await fetch(`${door.url}/v1/callbacks/luma/g1/${NONCE}`)).status).toBe(404);
});

test('a path is logged without its token', () => {
  expect(withoutToken(`/v1/callbacks/luma/g1/${NONCE}?x=1`)).toBe('/v1/callbacks/luma/g1/…');
  expect(withoutToken('/v1/generations/g1')).toBe('/v1/generations/g1');
});

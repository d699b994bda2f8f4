/**
 * A day's worth of scenarios with marked secrets, by the real programs; then everything that came out is searched: output, logs, HTTP answers,
 * webhooks, files, and every key of Redis. Where a secret is allowed to be is said in marked/findings.ts; anywhere else it is a defect.
 */
import path from 'node:path';
import { expect, inject, test } from 'vitest';
import { ALLOWED, findings, UNTIL_STORED } from './marked/findings.ts';
import { folderTexts } from './marked/folder-texts.ts';
import { type MarkedHouse, openMarkedHouse } from './marked/marked-house.ts';
import { markedSecrets, SECRETS, type Marks } from './marked/marks.ts';
import { type PlacedText, redisTexts } from './marked/redis-texts.ts';
import type { Running } from './program.ts';

const SUCCEEDED = ['allegro', 'kling', 'hailuo', 'pika', 'luma'];
const IMAGE = `https://images.example/fox.png?sig=${SECRETS.imageQuery}`;
const ECHO = `see https://cdn.example/x.mp4?sig=${SECRETS.echoedQuery}&Signature=0123456789abcdef and https://user:${SECRETS.echoedQuery}@cdn.example/`;
const TAIL = ', runs through fresh snow at dawn';
const echo = (key: string): string => `key ${key} (Authorization: Bearer ${key}) is not good, ${ECHO}`;

/** The file of its own server is searched too: what is written is the same behind Sentinels and on a Cluster. */
const onOneServer = test.skipIf(inject('redisKind') !== 'standalone');

onOneServer('no secret is in any output, log, answer, webhook, file, job or key of Redis after a day of everything that happens', { timeout: 300_000 }, async () => {
  const house = await openMarkedHouse();
  const first = await startServices(house);
  await everythingSucceeds(house);
  await callersErr(house, first.board);
  await upstreamsErr(house, first.board);
  await filesErr(house);
  const { held, slow } = await redisGoesAwayAndTheServicesDie(house, first);

  const link = await redisTexts(house.redis);
  expect(findings(link, marksWithNonces(house), [...ALLOWED, UNTIL_STORED])).toEqual([]);
  expect(
    findings(link, marksWithNonces(house), ALLOWED).some(({ place }) => place.endsWith(`:g:${held} assets`)),
    'the link is where it is allowed',
  ).toBe(true);

  const second = await startServices(house);
  await Promise.all([upstreamsEchoTokens(house, slow), bucketIsAway(house), commandsErr(house)]);
  // What was given up keeps its link, so that a retry only fetches; then it is stored, and the link goes.
  expect((await house.dailies('retry', 'file-forbidden')).code).toBe(0);
  await settled(house, [held, ...slow]);
  await expect.poll(() => states(house, 'file-forbidden$'), { timeout: 60_000, interval: 200 }).toEqual(['succeeded']);
  await lookAtEverything(house, second);
  second.running.kill('SIGTERM');
  expect((await second.running.ended).code).toBe(0);

  const marks = marksWithNonces(house);
  const came = house.came();
  expect(findings(came, marks, []), 'what was said and answered').toEqual([]);
  expect(findings(await folderTexts(path.join(house.folder, 'state')).catch(() => []), marks, []), 'state').toEqual([]);
  expect(findings(await folderTexts(path.join(house.folder, 'out')), marks, []), 'results').toEqual([]);
  const kept = await redisTexts(house.redis);
  expect(findings(kept, marks, ALLOWED), 'Redis').toEqual([]);
  // Its own file has whatever was written in between, jobs that are gone included; private fields too, so those marks do not count.
  const privately = new Set([...ALLOWED, UNTIL_STORED].flatMap((one) => one.marks));
  const logOfRedis = new Map([...marks].filter(([name]) => !privately.has(name) && !name.startsWith('nonce')));
  expect(findings(await folderTexts(path.join(house.folder, 'redis')), logOfRedis, []), 'what Redis ever held').toEqual([]);
  provesItself(house, kept, came, marks);
});

interface Services {
  running: Running;
  board: string;
}

async function startServices(house: MarkedHouse): Promise<Services> {
  const running = house.start(['start']);
  await running.says('Ctrl-C stops it cleanly');
  return { running, board: /Dashboard +(http\S+)/.exec(running.said())?.[1] ?? '' };
}

const bearer = (key: string) => ({ authorization: `Bearer ${key}` });
const basic = (password: string) => ({ authorization: `Basic ${Buffer.from(`admin:${password}`).toString('base64')}` });

async function post(house: MarkedHouse, way: string, body: unknown, more: Record<string, string> = {}) {
  const headers = { 'content-type': 'application/json', ...bearer(SECRETS.apiKey), ...more };
  return house.ask(`${house.url}${way}`, { method: 'POST', headers, body: typeof body === 'string' ? body : JSON.stringify(body) });
}

const look = (house: MarkedHouse, way: string, key: string = SECRETS.apiKey) => house.ask(`${house.url}${way}`, { headers: bearer(key) });

async function everythingSucceeds(house: MarkedHouse): Promise<void> {
  // The receiver errs first: by its answer, and by where it sends us.
  house.receiver.answer = (response, nth) =>
    void response
      .writeHead(nth === 1 ? 500 : nth === 2 ? 302 : 200, { location: `http://169.254.169.254/?x=${SECRETS.redirectQuery}` })
      .end(`no, ${SECRETS.webhookQuery}`);
  const items = SUCCEEDED.map((provider) => ({
    provider,
    prompt: `a fox by ${provider}${TAIL}`,
    id: `good-${provider}`,
    ...(provider === 'kling' || provider === 'luma' ? { image: IMAGE } : {}),
  }));
  const body = { batch: 'good', items, webhook: `${house.receiver.url}?mine=${SECRETS.webhookQuery}` };
  const accepted = await post(house, '/v1/batches', body, { 'idempotency-key': SECRETS.idempotencyKey });
  expect(accepted.status, accepted.text).toBe(202);
  expect((await post(house, '/v1/batches', body, { 'idempotency-key': SECRETS.idempotencyKey })).status).toBe(202);
  expect((await post(house, '/v1/batches', { ...body, items: items.slice(1) }, { 'idempotency-key': SECRETS.idempotencyKey })).status).toBe(422);
  const events = await look(house, '/v1/batches/good/events?until=finished');
  expect(events.text).toContain('event: finished');
  expect(await states(house, 'good-')).toEqual(SUCCEEDED.map(() => 'succeeded'));
}

/** Wrong keys, malformed and refused bodies, forged callbacks. */
async function callersErr(house: MarkedHouse, board: string): Promise<void> {
  const bad = { provider: 'luma', prompt: 'x' };
  const statuses = [
    await look(house, '/v1/generations', SECRETS.wrongApiKey),
    await house.ask(`${house.url}/v1/generations`, { headers: basic(SECRETS.wrongDashboardPassword) }),
    await post(house, '/v1/generations', bad, bearer(SECRETS.readerKey)),
    await post(house, '/v1/generations', `{"provider":"luma","prompt":"${SECRETS.refusedBody}"`),
    await post(house, '/v1/generations', SECRETS.refusedBody, { 'content-type': SECRETS.refusedBody }),
    await post(house, '/v1/generations', { ...bad, params: { aspect_ratio: 'round' } }),
    await post(house, '/v1/generations', { ...bad, image: `ftp://images.example/x?sig=${SECRETS.refusedQuery}` }),
    await post(house, '/v1/generations', { ...bad, image: `https://me:${SECRETS.refusedQuery}@images.example/x y?sig=${SECRETS.refusedQuery}` }),
    await post(house, '/v1/generations', { ...bad, webhook: `ftp://hooks.example/?token=${SECRETS.refusedQuery}` }),
    await post(house, '/v1/generations', { ...bad, webhook: `https://me:${SECRETS.refusedQuery}@hooks.example/` }),
    await post(house, '/v1/batches', `{"prompt":"${SECRETS.refusedBody}\n`, { 'content-type': 'application/x-ndjson' }),
    await look(house, `/v1/generations?api_key=${SECRETS.refusedQuery}`),
    await look(house, `/v1/generations?cursor=${SECRETS.refusedQuery}`),
    await look(house, `/nowhere?token=${SECRETS.refusedQuery}`),
    await house.ask(`${board}/queues`, { headers: basic(SECRETS.wrongDashboardPassword) }),
    await house.ask(`${board}/queues?token=${SECRETS.refusedQuery}`),
  ];
  expect(statuses.filter(({ status }) => status < 400).map(({ text }) => text)).toEqual([]);
  expect(statuses.filter(({ status }) => status >= 500).map(({ text }) => text)).toEqual([]);
  const right = new URL(house.simulator.ledger().find(({ callbackUrl }) => callbackUrl !== undefined)?.callbackUrl ?? '');
  const calls = [right.href, `${right.href}?x=${SECRETS.refusedQuery}`, right.href.replace(/[^/]+$/, SECRETS.forgedToken), `${right.href}/more`];
  for (const call of calls) expect((await house.ask(call, { method: 'POST', body: `{"task_id":"${SECRETS.refusedBody}"}` })).status).toBe(200);
  // Not a POST: whoever answers must not tell the way it was asked by.
  expect((await house.ask(right.href)).status).toBeGreaterThanOrEqual(400);
}

/** Upstreams that turn the key away and quote it, moderate, break, and answer with what nobody can read. */
async function upstreamsErr(house: MarkedHouse, board: string): Promise<void> {
  const { faults } = house.simulator;
  faults.add({ on: 'create', provider: 'allegro', what: 'allegro:401', reason: echo(SECRETS.allegroKey), times: 1 });
  faults.add({ on: 'create', provider: 'kling', what: 'kling:1000', reason: echo(SECRETS.klingKey), times: 1 });
  faults.add({ on: 'create', provider: 'acedata', what: 'acedata:invalid_token', reason: echo(SECRETS.aceDataKey), times: 1 });
  await house.write(
    'turned-away.jsonl',
    ['allegro', 'kling', 'luma'].map((provider) => ({
      provider,
      prompt: `turned away by ${provider}${TAIL}`,
      id: `turned-${provider}`,
      image: provider === 'kling' ? IMAGE : undefined,
    })),
  );
  const run = await house.dailies(
    'run',
    'turned-away.jsonl',
    '--batch',
    'turned-away',
    '--webhook',
    `${house.receiver.url}?mine=${SECRETS.webhookQuery}`,
    '--out',
    'out/turned-away',
  );
  expect(run.code, run.stderr).toBe(3);
  const paused = await Promise.all([
    house.dailies('status'),
    house.dailies('doctor'),
    look(house, '/v1/providers'),
    look(house, '/metrics'),
    house.ask(`${board}/queues/api/queues`, { headers: basic(SECRETS.dashboardPassword) }),
  ]);
  expect(paused[0].stdout).toContain('is not good');
  await Promise.all(['allegro', 'kling', 'luma'].map((provider) => house.dailies('resume', provider)));

  faults.add({ on: 'create', match: 'moderated', provider: 'acedata', what: 'acedata:forbidden', reason: echo(SECRETS.aceDataKey) });
  faults.add({ on: 'create', match: 'moderated', provider: 'kling', what: 'kling:1301', reason: echo(SECRETS.klingKey) });
  faults.add({ on: 'create', match: 'refused', provider: 'allegro', what: 'allegro:status-1', reason: echo(SECRETS.allegroKey) });
  faults.add({ on: 'create', match: 'fails', provider: 'luma', what: 'task-fails', code: `no ${SECRETS.aceDataKey}`, reason: echo(SECRETS.aceDataKey) });
  faults.add({ on: 'create', match: 'fails', provider: 'kling', what: 'task-fails', reason: echo(SECRETS.klingKey) });
  faults.add({ on: 'create', match: 'outage', provider: 'kling', what: '502', times: 1 });
  faults.add({ on: 'create', match: 'outage', provider: 'luma', what: 'reset-after-read', times: 1 });
  faults.add({ on: 'create', match: 'outage', provider: 'pika', what: 'acedata:api_error', reason: echo(SECRETS.aceDataKey), times: 1 });
  faults.add({ on: 'create', match: 'outage', provider: 'allegro', what: 'html-200', times: 1 });
  faults.add({ on: 'poll', match: 'doubt', what: 'html-200', times: 2 });
  faults.add({ on: 'poll', match: 'doubt', provider: 'luma', what: 'acedata:api_error', reason: echo(SECRETS.aceDataKey), times: 1 });
  faults.add({ on: 'poll', match: 'doubt', provider: 'kling', what: 'kling:5000', reason: echo(SECRETS.klingKey), times: 1 });
  const prompts = [
    'moderated kling', 'moderated luma', 'refused allegro', 'fails luma', 'fails kling', 'outage kling', 'outage luma', 'outage pika',
    'outage allegro', 'doubt luma', 'doubt kling',
  ];
  await house.write(
    'trouble.jsonl',
    prompts.map((prompt) => ({ provider: prompt.split(' ')[1], prompt: prompt + TAIL, id: prompt.replace(' ', '-') })),
  );
  expect((await house.dailies('run', 'trouble.jsonl', '--batch', 'trouble', '--out', 'out/trouble')).code).toBe(3);
  await house.dailies('resolve', 'outage-allegro', '--abandon');
  expect(await states(house, '(moderated|refused|fails)-')).toEqual(Array.from({ length: 5 }, () => 'failed'));
}

/** Expired links, HTML, and redirects to where nobody goes. */
async function filesErr(house: MarkedHouse): Promise<void> {
  const { faults } = house.simulator;
  const away = {
    redirected: `http://127.0.0.1:1/x.mp4?sig=${SECRETS.redirectQuery}`,
    forbidden: `http://169.254.169.254/x.mp4?sig=${SECRETS.redirectQuery}`,
    login: `http://me:${SECRETS.redirectQuery}@127.0.0.1:1/x.mp4`,
  };
  for (const what of ['403-expired', 'html', 'cut', 'reset', '503'] as const) faults.add({ on: 'asset', match: `file ${what}`, what, times: 1 });
  for (const [name, url] of Object.entries(away)) {
    faults.add({ on: 'asset', match: `file ${name}`, what: 'redirect', url, times: name === 'forbidden' ? 9 : 1 });
  }
  const lines = ['403-expired', 'html', 'cut', 'reset', '503', ...Object.keys(away)].map((name) => ({
    provider: 'luma',
    prompt: `file ${name}`,
    id: `file-${name}`,
  }));
  await house.write('files.jsonl', lines);
  const enqueued = await house.dailies('enqueue', 'files.jsonl', '--batch', 'files');
  expect(enqueued.code, enqueued.stderr).toBe(0);
  const watched = await house.dailies('watch', 'files', '--json');
  expect(watched.code, watched.stderr).toBe(1);
  expect(watched.stdout).toContain('169.254.169.254');
}

/** One waits for its file, others are being polled: Redis goes, comes back, and then the services are killed. */
async function redisGoesAwayAndTheServicesDie(house: MarkedHouse, { running, board }: Services): Promise<{ held: string; slow: string[] }> {
  house.simulator.faults.add({ on: 'asset', match: 'held', what: 'silence' });
  house.simulator.faults.add({ on: 'poll', match: 'slow', what: '503' });
  const [held, ...slow] = ['held-luma', 'slow-luma', 'slow-kling', 'slow-pika'] as const;
  const fetching = house.simulator.nextRequest(({ kind }) => kind === 'asset');
  for (const id of [held, ...slow]) {
    expect((await post(house, '/v1/generations', { provider: id.split('-')[1], prompt: id.replace('-', ' '), id })).status).toBe(202);
  }
  await fetching;
  const polled = () =>
    slow.every((id) =>
      house.simulator.ledger().some(({ prompt, taskId }) => prompt === id.replace('-', ' ') && house.simulator.requests({ kind: 'poll', taskId }).length > 0),
    );
  await expect.poll(polled, { timeout: 60_000 }).toBe(true);
  await house.server.kill();
  await running.says('lost the connection to Redis');
  const away = await Promise.all([
    post(
      house,
      '/v1/generations',
      { provider: 'luma', prompt: SECRETS.refusedBody, image: `${IMAGE}&away`, webhook: `${house.receiver.url}?token=${SECRETS.webhookQuery}` },
      { 'idempotency-key': SECRETS.idempotencyKey },
    ),
    look(house, '/v1/generations'),
    look(house, '/readyz'),
    house.ask(`${board}/queues/api/queues`, { headers: basic(SECRETS.dashboardPassword) }),
  ]);
  expect(away.map(({ status }) => status)).toEqual([503, 503, 503, 503]);
  const commands = await Promise.all([house.dailies('status'), house.dailies('doctor')]);
  expect(commands.map(({ code }) => code)).not.toContain(0);
  await house.server.start();
  await expect.poll(async () => (await look(house, '/readyz')).status, { timeout: 30_000 }).toBe(200);
  running.kill('SIGKILL');
  await running.ended;
  return { held, slow: [...slow] };
}

/** An upstream may quote the address that it was given to call back. */
async function upstreamsEchoTokens(house: MarkedHouse, slow: readonly string[]): Promise<void> {
  const { faults } = house.simulator;
  faults.clear();
  for (const id of slow) {
    const row = house.simulator.ledger().find(({ prompt }) => prompt === id.replace('-', ' '));
    expect(row?.callbackUrl).toContain('/v1/callbacks/');
    faults.add({ on: 'poll', match: id.replace('-', ' '), what: 'task-fails', reason: `${row?.callbackUrl ?? ''} cannot be called` });
  }
  // Calls of ours, answered by other means, end too.
  await settled(house, slow);
}

/** Results that go to a bucket which nobody can reach: who asks for it, and who looks for earlier results in it. */
async function bucketIsAway(house: MarkedHouse): Promise<void> {
  const bucket = {
    REDIS_TAG: 'dailies:bucket',
    S3_BUCKET: 'films',
    S3_ENDPOINT: 'http://127.0.0.1:1',
    S3_ACCESS_KEY_ID: SECRETS.s3AccessKeyId,
    S3_SECRET_ACCESS_KEY: SECRETS.s3Secret,
  };
  expect((await house.start(['doctor'], bucket).ended).code).toBe(1);
  await house.write('bucket.jsonl', [{ provider: 'luma', prompt: 'for the bucket', id: 'bucket-luma' }]);
  const words = ['enqueue', 'bucket.jsonl', '--batch', 'bucket'];
  // It looks for earlier results first.
  expect((await house.start(words, bucket).ended).stderr).toContain('is away');
}

/** Commands with a wrong password, a wrong configuration, and wrong words. */
async function commandsErr(house: MarkedHouse): Promise<void> {
  const wrong = `redis://:${SECRETS.wrongRedisPassword}@127.0.0.1:${house.server.port}`;
  const ended = await Promise.all([
    house.start(['doctor'], { REDIS_URL: wrong }).ended,
    house.start(['enqueue', 'files.jsonl'], { REDIS_URL: wrong }).ended,
    house.start(['status'], {
      REDIS_URL: `rediss//:${SECRETS.wrongRedisPassword}@nowhere`,
      ALLEGRO_BASE_URL: `https://me:${SECRETS.refusedQuery}@x y`,
      API_KEYS: SECRETS.refusedBody,
      WEBHOOK_SECRET: SECRETS.refusedBody,
      WEBHOOK_URL: `ftp://x/?token=${SECRETS.webhookQuery}`,
      S3_SECRET_ACCESS_KEY: SECRETS.s3Secret,
    }).ended,
    house.dailies('run', 'nothing.jsonl', '--webhook', `ftp://x/?token=${SECRETS.webhookQuery}`),
  ]);
  expect(ended.map(({ code }) => code).every((code) => code === 1 || code === 2)).toBe(true);
}

/** Whatever can be looked at, by whoever may. */
async function lookAtEverything(house: MarkedHouse, { board }: Services): Promise<void> {
  const words = [
    ['status'],
    ['status', '--json'],
    ['status', 'good'],
    ['status', 'good', '--json'],
    ['status', 'turned-kling'],
    ['status', 'file-forbidden', '--json'],
    ['status', 'slow-luma'],
    ['webhooks'],
    ['doctor'],
    ['results', 'trouble', '--format', 'csv'],
    ['results', 'good', '--format', 'jsonl'],
    ['results', 'files', '--format', 'table'],
    ['watch', 'trouble', '--json'],
  ];
  // A few at a time: two cores.
  for (let at = 0; at < words.length; at += 4) await Promise.all(words.slice(at, at + 4).map((one) => house.dailies(...one)));
  const ids = (JSON.parse((await look(house, '/v1/generations?limit=100')).text) as { items: { id: string }[] }).items.map(({ id }) => id);
  expect(ids.length).toBeGreaterThan(25);
  for (const id of ids) await look(house, `/v1/generations/${id}`);
  const ways = [
    '/v1/batches/good', '/v1/batches/good/generations', '/v1/batches/trouble/generations', '/v1/providers', '/metrics', '/healthz', '/readyz',
    '/openapi.json', '/docs',
  ];
  for (const way of ways) expect((await look(house, way)).status, way).toBe(200);
  const boardAsks = (way: string) => house.ask(`${board}${way}`, { headers: basic(SECRETS.dashboardPassword) });
  await boardAsks('/queues');
  const { queues } = JSON.parse((await boardAsks('/queues/api/queues')).text) as { queues: { name: string }[] };
  let jobs = 0;
  for (const { name } of queues) {
    for (const status of ['latest', 'completed', 'failed', 'delayed']) {
      const page = JSON.parse((await boardAsks(`/queues/api/queues?activeQueue=${name}&status=${status}&page=1&jobsPerPage=50`)).text) as {
        queues: { name: string; jobs: { id: string }[] }[];
      };
      for (const { id } of page.queues.find((queue) => queue.name === name)?.jobs ?? []) {
        jobs += 1;
        await boardAsks(`/queues/api/queues/${name}/${id}`);
        await boardAsks(`/queues/api/queues/${name}/${id}/logs`);
      }
    }
  }
  expect(jobs).toBeGreaterThan(25);
  expect(house.receiver.received.length).toBeGreaterThan(10);
}

async function states(house: MarkedHouse, ids: string): Promise<string[]> {
  const keys = (await house.redis.keys('{dailies:0[.}]*')).filter((key) => new RegExp(`^[^}]*}:g:${ids}`).test(key));
  return Promise.all(keys.map(async (key) => (await house.redis.hget(key, 'state')) ?? ''));
}

async function settled(house: MarkedHouse, ids: readonly string[]): Promise<void> {
  const open = async () => (await states(house, `(${ids.join('|')})$`)).filter((state) => !['succeeded', 'failed'].includes(state));
  await expect.poll(open, { timeout: 60_000, interval: 200 }).toEqual([]);
}

/** The nonce of each submit is a secret too, and only the upstreams were told. */
function marksWithNonces(house: MarkedHouse): Marks {
  const marks = markedSecrets();
  for (const { nonce, callbackUrl, number } of house.simulator.ledger()) {
    const token = callbackUrl?.split('/').at(-1) ?? nonce;
    if (token !== undefined) marks.set(`nonce ${number}`, token);
  }
  return marks;
}

/** The search sees: what is allowed was found where it is, and the secrets did go where they belong. */
function provesItself(house: MarkedHouse, kept: readonly PlacedText[], came: readonly PlacedText[], marks: Marks): void {
  const places = findings(kept, marks, []).map(({ place }) => place);
  for (const { place, why } of ALLOWED.slice(0, 2)) expect(places.some((one) => place.test(one)), why).toBe(true);
  expect(house.receiver.received.some((one) => one.path.includes(SECRETS.webhookQuery))).toBe(true);
  expect(came.some(({ text }) => text.includes('"level":20') || text.includes('DEBUG'))).toBe(true);
}

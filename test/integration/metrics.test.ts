/** Metrics, readiness and spend of a running worker, as Prometheus and an orchestrator see them. */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readdir, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import path from 'node:path';
import { pino } from 'pino';
import { expect, onTestFinished, test } from 'vitest';
import { createLog, JOB_NAMES, loadConfig, readBatch, retryGeneration, seenWorkers, WEBHOOK_QUEUE } from '@dailies/queue';
import type { Fault } from '@dailies/simulator';
import { METRICS } from '@dailies/telemetry';
import { type WorkerOptions, type WorkerService, createWorker } from '@dailies/worker';
import { openApi } from '../support/api.ts';
import { openMail } from '../support/mail.ts';
import { PROMPTS, type Rig, oneOfEach, openRig } from '../support/rig.ts';

const silent = createLog({ level: 'silent', name: 'test' });

/** One that is started and, at the end of the test, stopped. Without health unless a port is named. */
async function startedWorker(rig: Pick<Rig, 'config' | 'redisUrl'>, more: Partial<WorkerOptions> = {}): Promise<WorkerService> {
  const worker = createWorker({ config: rig.config, redisUrl: rig.redisUrl, log: silent, healthPort: null, ...more });
  onTestFinished(() => worker.stop(5_000));
  await worker.start();
  return worker;
}

/** Asks a worker about its health. */
async function healthyWorker(rig: Pick<Rig, 'config' | 'redisUrl'>, more: Partial<WorkerOptions> = {}) {
  const worker = await startedWorker(rig, { healthPort: 0, ...more });
  return (place: string, headers: Record<string, string> = {}) => fetch(`http://127.0.0.1:${worker.healthPort()}${place}`, { headers });
}

/** The metrics with the figures of the ledger, which a scrape leaves out where a busy machine takes a second to read them. */
async function whole(scrape: () => Promise<string>): Promise<string> {
  let text = '';
  await expect.poll(async () => (text = await scrape())).toContain('dailies_redis_up 1');
  return text;
}

function scraped(get: (place: string) => Promise<Response>): Promise<string> {
  return whole(async () => (await get('/metrics')).text());
}

test('after a run of all providers every metric is there, with figures that add up, and no id or prompt in a label', async () => {
  const rig = await openRig();
  const get = await healthyWorker(rig);
  const ids = await rig.enqueue('in-the-can', oneOfEach());
  await rig.reached(ids, ['succeeded']);
  expect((await get('/metrics')).headers.get('content-type')).toMatch(/^text\/plain/);
  const text = await scraped(get);
  for (const name of Object.keys(METRICS)) expect(text).toContain(`# TYPE ${name} `);
  for (const line of [
    'dailies_generations{provider="kling",state="succeeded"} 1',
    'dailies_transitions_total{provider="luma",state="succeeded",kind=""} 1',
    'dailies_submit_seconds_count{provider="allegro",outcome="accepted"} 1',
    'dailies_time_to_video_seconds_count{provider="pika"} 1',
    'dailies_polls_per_video_count{provider="hailuo"} 1',
    'dailies_redis_up 1',
  ]) expect(text).toContain(line);
  expect(text).toMatch(/dailies_slots_limit\{account="allegro@http:\/\/127\.0\.0\.1:\d+"\} 5/);
  expect(text).toContain('nodejs_eventloop_lag_seconds');
  const figure = (name: string): number => Number(new RegExp(`^${name}\\{provider="hailuo"\\} (\\d+)$`, 'm').exec(text)?.[1]);
  expect(figure('dailies_poll_lateness_seconds_count'), 'of each poll, also of the first').toBeGreaterThanOrEqual(figure('dailies_polls_per_video_sum'));
  for (const secret of ['in-the-can', 'red fox', 'test-kling', ...ids]) expect(text).not.toContain(secret);

  const [id = ''] = ids.filter((_one, at) => oneOfEach()[at]?.provider === 'pika');
  expect(await retryGeneration(rig, id, { mayPay: false, byId: true, verify: () => Promise.resolve(false) })).toMatchObject({ plan: 'verify', done: true });
  const ask = () => scraped(get);
  await expect.poll(ask).toContain('dailies_transitions_total{provider="pika",state="succeeded",kind=""} 2');
  expect(await ask(), 'a file that is fetched again is no new video').toContain('dailies_time_to_video_seconds_count{provider="pika"} 1');
});

test('every log line about a generation names it, its batch and its provider, from the submit to the file', async () => {
  const refusedOnce: Fault = { on: 'create', what: '503', provider: 'luma', accepted: false, times: 1 };
  const answerLost: Fault = { on: 'create', what: 'reset-after-read', provider: 'kling', times: 1 };
  const rig = await openRig({ faults: [refusedOnce, answerLost] });
  const lines: Record<string, unknown>[] = [];
  const log = pino({ level: 'debug' }, { write: (line: string) => void lines.push(JSON.parse(line) as Record<string, unknown>) });
  await startedWorker(rig, { log });
  const ids = await rig.enqueue('told', oneOfEach());
  await rig.reached(ids, ['succeeded', 'unresolved', 'failed']);
  const about = lines.filter((line) => 'generation' in line);
  expect(about.length).toBeGreaterThan(8);
  const named = { generation: expect.stringMatching(/^told-/) as unknown, batch: 'told', provider: expect.any(String) as unknown };
  for (const line of about) expect(line).toMatchObject(named);
  // Nothing about one of them goes without its id.
  const nameless = lines.filter((line) => !('generation' in line) && ids.some((id) => JSON.stringify(line).includes(id)));
  expect(nameless).toEqual([]);
  expect(about.filter(({ generation }) => generation === ids[0]).map(({ msg }) => msg)).toEqual(['accepted', 'succeeded']);
  expect(JSON.stringify(lines)).not.toMatch(/red fox|test-kling|Signature=/);
});

test('with METRICS_TOKEN only who bears it reads the metrics', async () => {
  const rig = await openRig({}, { METRICS_TOKEN: 'a-token-of-some-length' });
  const get = await healthyWorker(rig);
  expect((await get('/metrics')).status).toBe(401);
  expect((await get('/metrics', { authorization: 'Bearer a-token-of-other-length' })).status).toBe(401);
  expect((await get('/metrics', { authorization: 'Bearer a-token-of-some-length' })).status).toBe(200);
  expect((await get('/healthz')).status).toBe(200);
});

test('the API has the one table of metrics, counts its answers and what it changes by their patterns, and shows them to a key or to METRICS_TOKEN', async () => {
  const key = 'a-key-of-the-test';
  const API_KEYS = `studio:read+write:${createHash('sha256').update(key).digest('hex')}`;
  const { ask } = await openApi({ API_KEYS, METRICS_TOKEN: 'a-token-of-some-length' });
  const mine = { authorization: `Bearer ${key}` };
  expect((await ask('POST', '/v1/generations', { provider: 'kling', id: 'counted', ...PROMPTS.kling }, mine)).status).toBe(202);
  expect((await ask('DELETE', '/v1/generations/counted', undefined, mine)).status).toBe(200);
  expect((await ask('GET', '/v1/generations/not-there', undefined, mine)).status).toBe(404);
  await ask('PROPFIND', '/v1/tea-of-nobody', undefined, mine);
  expect((await ask('GET', '/metrics', undefined, { authorization: 'Bearer a-token-of-other-length' })).status).toBe(401);
  await whole(async () => (await ask('GET', '/metrics', undefined, mine)).text);
  const scrape = () => ask('GET', '/metrics', undefined, { authorization: 'Bearer a-token-of-some-length' });
  const { status, headers } = await scrape();
  const text = await whole(async () => (await scrape()).text);
  expect([status, headers.get('content-type')]).toEqual([200, expect.stringMatching(/^text\/plain/)]);
  for (const name of Object.keys(METRICS)) expect(text).toContain(`# TYPE ${name} `);
  for (const line of [
    'dailies_api_requests_total{method="POST",route="/v1/generations",status="202"} 1',
    'dailies_api_requests_total{method="GET",route="/v1/generations/{id}",status="404"} 1',
    'dailies_api_request_seconds_count{method="DELETE",route="/v1/generations/{id}"} 1',
    'dailies_transitions_total{provider="kling",state="canceled",kind=""} 1',
    'dailies_generations{provider="kling",state="canceled"} 1',
    'dailies_jobs{queue="kling-submit",state="waiting"}',
  ]) expect(text).toContain(line);
  for (const secret of ['counted', 'not-there', 'tea', 'PROPFIND', 'little dog', 'studio', key]) expect(text).not.toContain(secret);
});

test('a worker that takes nothing although a job is due is not ready, says why, and is ready again when it takes jobs', async () => {
  const rig = await openRig();
  const get = await healthyWorker(rig, { stuckAfterMs: 300 });
  expect((await get('/readyz')).status).toBe(200);
  await rig.queues.get('kling-poll').pause();
  const ids = await rig.enqueue('stuck', [{ provider: 'kling', ask: PROMPTS.kling }]);
  await expect.poll(async () => (await get('/readyz')).status, { interval: 100 }).toBe(503);
  expect(await (await get('/readyz')).json()).toMatchObject({ fault: expect.stringMatching(/kling-poll.*paused/) as unknown });
  expect(await scraped(get)).toMatch(/dailies_consumption_stuck\{queue="kling-poll(\.\d)?"\} 1/);
  await rig.queues.get('kling-poll').resume();
  await rig.reached(ids, ['succeeded']);
  await expect.poll(async () => (await get('/readyz')).status, { interval: 100 }).toBe(200);
});

test('a worker that delivers no webhook although one is due is not ready, and says why', async () => {
  const mail = await openMail();
  const config = loadConfig(mail.environment, { root: mail.folder, cwd: mail.folder });
  const get = await healthyWorker({ config, redisUrl: mail.redisUrl }, { stuckAfterMs: 300 });
  const [webhooks] = mail.queues.all().filter(({ name }) => name === WEBHOOK_QUEUE);
  await webhooks?.pause();
  await webhooks?.add(JOB_NAMES.webhook, { v: 1, id: 'nobodys', seq: 1, title: '' }, { delay: 1 });
  const ready = () => get('/readyz');
  await expect.poll(async () => (await ready()).status, { interval: 100 }).toBe(503);
  expect(await (await ready()).json()).toMatchObject({ fault: expect.stringMatching(/taken from webhook.*paused/) as unknown });
  await webhooks?.resume();
  await expect.poll(async () => (await ready()).status, { interval: 100 }).toBe(200);
});

test('a worker says that it lives and which upstream gives its polls no answer, takes that back at the first answer, and takes leave when it stops', async () => {
  const rig = await openRig({ durations: { luma: 24 * 3_600_000 }, faults: [{ on: 'poll', what: '503', provider: 'luma' }] }, { LUMA_POLL_MAX_MS: '100' });
  const worker = await startedWorker(rig);
  await expect.poll(() => seenWorkers(rig.store)).toMatchObject([{ isSilent: false, unanswered: {} }]);
  await rig.enqueue('unanswered', [{ provider: 'luma', ask: PROMPTS.luma }]);
  const unanswered = async () => (await seenWorkers(rig.store))?.[0]?.unanswered;
  await expect.poll(unanswered, { interval: 100 }).toEqual({ luma: expect.any(Number) as unknown });
  rig.simulator.faults.clear();
  await expect.poll(unanswered, { interval: 100 }).toEqual({});
  await worker.stop(5_000);
  expect(await seenWorkers(rig.store)).toEqual([]);
});

test('a worker whose port or folder cannot be had says which, before it has taken anything', async () => {
  const rig = await openRig();
  const start = (config: Rig['config'], healthPort: number) => startedWorker({ ...rig, config }, { healthPort });
  const stranger = createServer().listen(0, '127.0.0.1');
  onTestFinished(() => void stranger.close());
  await once(stranger, 'listening');
  const { port } = stranger.address() as AddressInfo;
  await expect(start(rig.config, port)).rejects.toThrow(`WORKER_PORT: port ${port} is in use`);
  expect((await readdir(rig.folder, { recursive: true })).filter((name) => name.includes('ledger-mark'))).toEqual([]);
  await expect(start({ ...rig.config, workerHost: '192.0.2.1' }, 0)).rejects.toThrow('WORKER_HOST: 192.0.2.1 is no address of this machine');
  const file = path.join(rig.folder, 'file');
  await writeFile(file, '');
  await expect(start({ ...rig.config, stateFolder: path.join(file, 'state') }, 0)).rejects.toThrow(/DAILIES_DIR: .*file\/state cannot be made/);
});

test('the ends are in the metrics before anything has ended: the first failures of a worker are an increase', async () => {
  const rig = await openRig();
  const get = await healthyWorker(rig);
  const text = await (await get('/metrics')).text();
  const ends = ['state="succeeded",kind=""', 'state="failed",kind="moderated"', 'state="failed",kind="asset"', 'state="failed",kind="delisted"'];
  for (const end of ends) expect(text).toContain(`dailies_transitions_total{provider="kling",${end}} 0`);
});

test('full slots are no fault of consumption', async () => {
  const rig = await openRig({ durations: { kling: 24 * 3_600_000 } }, { KLING_MAX_IN_FLIGHT: '1' });
  const get = await healthyWorker(rig, { stuckAfterMs: 200 });
  const ids = await rig.enqueue('full', ['one', 'two', 'three'].map((word) => ({ provider: 'kling' as const, ask: { prompt: `a dog, ${word}` } })));
  await rig.reached(ids.slice(0, 1), ['rendering']);
  // A queue that is stuck shows that they were looked at for long enough.
  await rig.queues.get('kling-poll').pause();
  const fault = async (): Promise<unknown> => ((await (await get('/readyz')).json()) as { fault?: unknown }).fault;
  await expect.poll(fault).toMatch(/^nothing was taken from kling-poll[^;]*$/);
});

test('a success is counted once as spend, by model, in the batch, the metrics and the result', async () => {
  const rig = await openRig();
  const file = path.join(rig.folder, 'prices.json');
  const byVideo = { provider: 'hailuo', amount: 0.4, currency: 'USD', basis: 'guide' };
  const bySecond = { provider: 'kling', amount: 0.05, currency: 'USD', per: 'second' };
  await writeFile(file, JSON.stringify({ prices: [byVideo, bySecond] }));
  const config = { ...rig.config, pricesFile: file };
  const get = await healthyWorker(rig, { config });
  const ids = await rig.enqueue('dear', (['hailuo', 'kling', 'luma'] as const).map((provider) => ({ provider, ask: PROMPTS[provider] })));
  await rig.reached(ids, ['succeeded']);
  expect((await readBatch(rig.store, 'dear'))?.spend.map(({ amount, currency }) => `${amount} ${currency}`).toSorted()).toEqual(['0.25 USD', '0.4 USD']);
  // Two scrapes at once count nothing twice.
  await Promise.all([get('/metrics'), get('/metrics'), get('/metrics')]);
  const spent = (await scraped(get)).split('\n').filter((line) => line.startsWith('dailies_estimated_spend_total{'));
  expect(spent.toSorted()).toEqual([
    expect.stringMatching(/provider="hailuo".*currency="USD"\} 0\.4$/),
    expect.stringMatching(/provider="kling".*currency="USD"\} 0\.25$/),
  ]);
});

test('a faulty price table is refused at the start, by its place in the file', async () => {
  const rig = await openRig();
  const file = path.join(rig.folder, 'prices.json');
  await writeFile(file, JSON.stringify({ prices: [{ provider: 'klang', amount: -1, currency: 'usd' }] }));
  const { pricesFile } = loadConfig({ PRICES_FILE: file }, { root: rig.folder, cwd: rig.folder });
  const start = () => createWorker({ config: { ...rig.config, pricesFile }, redisUrl: rig.redisUrl, log: silent, healthPort: null });
  expect(start).toThrow(/PRICES_FILE: .*prices\.0\.provider.*prices\.0\.amount.*prices\.0\.currency/s);
});

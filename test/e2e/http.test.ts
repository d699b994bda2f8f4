/** The HTTP API as a user meets it: `npm start --simulate`, then curl as the README and docs/http-api.md write it, and the clients of `examples/`. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { type IncomingMessage, request as openRequest } from 'node:http';
import { mkdtemp, readFile, readdir, rm, stat } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { createProducer } from '@dailies/queue';
import { keysOfLedger } from '../support/ledger.ts';
import { nodeWords } from '../support/node-words.ts';
import { processEnvironment, upstreamSettings } from './environment.ts';
import { openHouse } from './house.ts';
import { startProgram } from './program.ts';

const CLONE = fileURLToPath(new URL('../../', import.meta.url));
const CLIENTS = path.join(CLONE, 'examples/clients');
const has = (program: string): boolean => spawnSync(program, ['--version'], { stdio: 'ignore' }).status === 0;

describe('with `dailies start --simulate`', () => {
  let folder: string;
  let url: string;
  let stop: () => Promise<number | null>;
  let said = '';

  beforeAll(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'dailies-http-'));
    const environment = processEnvironment({
      DAILIES_DIR: path.join(folder, 'state'),
      OUT_DIR: path.join(folder, 'out'),
      PORT: '0',
      DASHBOARD_PORT: '0',
      WORKER_PORT: '0',
      API_HOST: '0.0.0.0',
    });
    const child = spawn(process.execPath, [...nodeWords('apps/producer/src/main.ts'), 'start', '--simulate'], {
      cwd: CLONE,
      env: environment,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    const gone = once(child, 'exit');
    stop = async () => {
      child.kill('SIGTERM');
      const [code] = (await gone) as [number | null];
      return code;
    };
    await new Promise<void>((resolve, reject) => {
      child.stderr.setEncoding('utf8').on('data', (text: string) => {
        said += text;
        if (said.includes('Ctrl-C')) resolve();
      });
      void gone.then(() => reject(new Error(said)));
    });
    url = /HTTP API +(http:\/\/127\.0\.0\.1:\d+)\/docs/.exec(said)?.[1] ?? '';
  });

  afterAll(async () => {
    const code = await stop();
    await rm(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 });
    expect(code).toBe(0);
  });

  test('the line of the API says where it is, and why it is open to this machine only', () => {
    expect(url).not.toBe('');
    expect(said).toContain('no API_KEYS are configured, so it listens on this machine only');
    expect(said).toContain('API_HOST=0.0.0.0 does not count without keys');
  });

  test.skipIf(!has('curl'))('the curl lines of the README, and after them those of docs/http-api.md, do what the pages say', async () => {
    const scripts = await Promise.all(['README.md', 'docs/http-api.md'].map(async (page) => curlLinesOf(await readFile(path.join(CLONE, page), 'utf8'))));
    const script = scripts.join('\n').replaceAll('http://127.0.0.1:3000', url);
    const { code, stdout, stderr } = await run('sh', ['-eu', '-c', script], folder);
    expect(code, `${stdout}\n${stderr}`).toBe(0);
    expect(stdout).toContain('"id":"boats","batch":"boats","total":2');
    expect(stdout.match(/^event: counts$/m)?.index).toBeLessThan(stdout.search(/^event: transition$/m));
    expect(stdout).toMatch(/^event: finished$/m);
    expect(stdout).toMatch(/"counts":\{[^}]*"succeeded":2[^}]*\},"createdAt":"[^"]+","finishedAt"/);
    expect((await stat(path.join(folder, 'fog.mp4'))).size).toBeGreaterThan(1000);
    // Beside them a real batch of the same name would take the samples for its own.
    expect(await readdir(path.join(folder, 'out'))).toEqual(['_simulated']);
    expect(await readdir(path.join(folder, 'out', '_simulated', 'boats'))).toContain('fog.mp4');
    expect(stdout).toMatch(/"id":"fox","outcome":"(canceled|requested)"/);
    for (const [status, code_] of [
      [422, 'invalid'],
      [409, 'id-taken'],
      [400, 'malformed'],
      [415, 'unsupported-type'],
      [404, 'not-found'],
      [405, 'method'],
    ] as const) {
      expect(stdout, code_).toContain(`"status":${status},"code":"${code_}"`);
    }
  });

  test('the Node client enqueues, follows and fetches', async () => {
    const { code, stdout, stderr } = await run(process.execPath, [path.join(CLIENTS, 'client.mjs')], folder);
    expect(code, stderr).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ state: 'succeeded' });
    expect(stderr).toContain('downloading → succeeded');
  });

  test.skipIf(!has('python3'))('the Python client enqueues, waits and fetches a video that is whole', async () => {
    const { code, stdout, stderr } = await run('python3', [path.join(CLIENTS, 'client.py')], folder);
    expect(code, stderr).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ state: 'succeeded', whole: true });
  });

  test.skipIf(!has('curl'))('the curl script enqueues a batch, follows it and fetches its videos', async () => {
    const { code, stdout, stderr } = await run('sh', [path.join(CLIENTS, 'client.sh')], folder);
    expect(code, stderr).toBe(0);
    expect(stdout.match(/video\/mp4 \d{4,} bytes/g)).toHaveLength(2);
  });

  test('a video comes in ranges, by its hash not again, and its picture too', async () => {
    const page = (await (await fetch(`${url}/v1/generations?state=succeeded&limit=1`)).json()) as {
      items: { videos: { url: string; sha256: string; bytes: number; thumbnailUrl?: string }[] }[];
    };
    const video = page.items[0]?.videos[0];
    if (video === undefined) throw new Error('nothing has succeeded');
    const whole = await fetch(video.url);
    expect([whole.status, whole.headers.get('content-type'), Number(whole.headers.get('content-length'))]).toEqual([200, 'video/mp4', video.bytes]);
    const bytes = Buffer.from(await whole.arrayBuffer());
    const part = await fetch(video.url, { headers: { range: 'bytes=100-199' } });
    expect([part.status, part.headers.get('content-range')]).toEqual([206, `bytes 100-199/${video.bytes}`]);
    expect(Buffer.from(await part.arrayBuffer()).equals(bytes.subarray(100, 200))).toBe(true);
    // `fetch` would ask for a fresh one whenever it is given a condition.
    const asked = openRequest(video.url, { agent: false, headers: { 'if-none-match': `"${video.sha256}"` } }).end();
    const [unchanged] = (await once(asked, 'response')) as [IncomingMessage];
    expect(unchanged.statusCode).toBe(304);
    expect((await fetch(video.url, { headers: { range: `bytes=${video.bytes}-` } })).status).toBe(416);
    expect((await fetch(video.url, { method: 'HEAD' })).headers.get('etag')).toBe(`"${video.sha256}"`);
    expect((await fetch(video.url.replace(/0$/, '1'))).status).toBe(404);
    if (video.thumbnailUrl !== undefined) expect((await fetch(video.thumbnailUrl)).headers.get('content-type')).toMatch(/^image\//);
  });

  async function run(program: string, words: readonly string[], cwd: string): Promise<{ code: number | null; stdout: string; stderr: string }> {
    const child = spawn(program, words, { cwd, env: { PATH: process.env['PATH'] ?? '', DAILIES_URL: url } });
    onTestFinished(() => void child.kill('SIGKILL'));
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    const [code] = (await once(child, 'close')) as [number | null];
    return { code, stdout, stderr };
  }
});

test('a key from `dailies keys create` opens the API, and neither it nor a wrong one is in any log or in Redis', async () => {
  const house = await openHouse();
  const { code, stdout, stderr } = await house.dailies('keys', 'create', 'ci', '--scope', 'write', '--scope', 'read');
  expect(code, stderr).toBe(0);
  const [key = '', line = ''] = stdout.split('\n');
  expect(line).toMatch(/^API_KEYS=ci:read\+write:[0-9a-f]{64}$/);
  expect((await house.dailies('keys', 'create', 'no blanks', '--scope', 'read')).code).toBe(2);
  expect((await house.dailies('keys', 'create', 'ci', '--scope', 'root')).code).toBe(2);

  const running = house.start(['start'], { settings: { API_KEYS: line.replace('API_KEYS=', ''), PORT: '0', LOG_LEVEL: 'trace' } });
  await running.says(/HTTP API +(http\S+)\/docs +needs a key/);
  const ended = running.ended;
  const port = /HTTP API +http:\/\/127\.0\.0\.1:(\d+)/.exec(running.said())?.[1] ?? '';
  const url = `http://127.0.0.1:${port}/v1/generations`;
  const send = (who: string, body: string) =>
    fetch(url, {
      method: 'POST',
      headers: { authorization: `Bearer ${who}`, 'content-type': 'application/json', 'idempotency-key': 'MARKED-IDEMPOTENCY' },
      body,
    });
  expect((await send(key, '{"provider":"luma","prompt":"a boat"}')).status).toBe(202);
  expect((await send('MARKED-WRONG-KEY', '{}')).status).toBe(401);
  expect((await send(key, '{"provider":"luma","prompt":"MARKED-BODY"')).status).toBe(400);
  running.kill('SIGTERM');
  const all = `${(await ended).stdout}\n${(await ended).stderr}`;
  expect(all).toContain('answered');
  // Nobody sits at a terminal: what collects logs reads objects.
  expect(all).toMatch(/^\{"level":\d+,.*"msg":"worker is up"/m);
  for (const secret of [key, 'MARKED-WRONG-KEY', 'MARKED-BODY', 'MARKED-IDEMPOTENCY']) expect(all, secret).not.toContain(secret);
  const kept: string[] = [];
  for (const name of await keysOfLedger(house.ledger)) {
    kept.push(name, ...(name.includes(':g:') || name.includes(':idem:') ? Object.values(await house.ledger.redis.hgetall(name)) : []));
  }
  expect(kept.join('\n')).not.toContain(key);
  expect(kept.join('\n')).not.toContain('MARKED');
});

test('a Node service that shares the Redis enqueues, waits and reads, and is refused like everybody', async () => {
  const house = await openHouse();
  await house.worker();
  const producer = await createProducer({
    redisUrl: house.ledger.redisUrl,
    tag: house.ledger.tag,
    environment: { ...upstreamSettings(house.simulator.url), SHARDS: String(house.ledger.store.shards.length) },
    name: 'shop',
  });
  onTestFinished(() => producer.close());
  const request = { provider: 'luma', prompt: 'a shuttle', id: 'order-1' };
  const [one, again] = await Promise.all([producer.enqueue(request), producer.enqueue(request)]);
  expect([one.id, again.id, one.createdBy]).toEqual(['order-1', 'order-1', 'shop']);
  await expect(producer.enqueue({ ...request, prompt: 'another' })).rejects.toMatchObject({ name: 'IdTaken' });
  await expect(producer.enqueue({ provider: 'luma', prompt: 'x', params: { ratio: 1 } })).rejects.toMatchObject({
    name: 'InvalidRequest',
    faults: [{ item: 0, field: 'params.ratio' }],
  });
  await expect(producer.enqueueBatch('bad', [request, { provider: 'lumma' }])).rejects.toMatchObject({ name: 'InvalidRequest', faults: [{ item: 1 }] });
  expect(await producer.enqueueBatch('boats', [{ provider: 'pika', prompt: 'a' }, { provider: 'pika', prompt: 'a' }])).toMatchObject({ total: 2 });
  expect(await producer.wait('order-1')).toMatchObject({ state: 'succeeded', videos: [{ file: 'order-1.mp4' }] });
  expect(await producer.get('nobody')).toBeNull();
  expect(await producer.cancel('order-1')).toMatchObject({ outcome: 'nothing' });
  expect(house.simulator.ledger().filter(({ prompt }) => prompt === 'a shuttle')).toHaveLength(1);
});

test('the example of a Node service runs as it is written', async () => {
  const house = await openHouse();
  await house.worker();
  const environment = processEnvironment({
    REDIS_URL: house.ledger.redisUrl,
    REDIS_TAG: house.ledger.tag,
    SHARDS: String(house.ledger.store.shards.length),
    ...upstreamSettings(house.simulator.url),
  });
  const ended = await startProgram({ file: 'examples/clients/shared-redis.ts', words: ['order-2'], cwd: house.folder, environment }).ended;
  expect(ended.code, ended.stderr).toBe(0);
  expect(JSON.parse(ended.stdout)).toMatchObject({ id: 'order-2', state: 'succeeded', total: 2, file: 'order-2.mp4' });
});

/** The shell block of a page that begins by saying where the API is. */
function curlLinesOf(page: string): string {
  const [, lines] = /```sh\n(URL=http:\/\/127\.0\.0\.1:3000\n[^]*?)```/.exec(page) ?? [];
  if (lines === undefined) throw new Error('the page has no such block');
  return lines;
}

import { createServer, request, type Server } from 'node:http';
import { appendFile, mkdtemp, readFile, rm } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ORDERS, TestClient } from './test-client.ts';

let client: TestClient;
let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'simulator-'));
});
afterEach(async () => {
  await client.close();
  await rm(folder, { recursive: true });
});

const { path, body } = ORDERS.kling;

test('the ledger over HTTP names every paid submit, its account by hash, and the counts', async () => {
  client = await TestClient.open({ limits: { kling: 1 } });
  const { json } = await client.post(path, { ...body, external_task_id: 'a.1' }, 'secret-key');
  await client.post(path, body, 'secret-key');
  await client.post('/luma/videos', { ...ORDERS.luma.body, trace_id: 'nonce', callback_url: 'https://example.invalid/cb' });
  const told = await client.get('/_simulator/ledger');
  expect(told.text).not.toContain('secret-key');
  expect(told.json).toMatchObject({
    counts: { accepted: 2, refused: 1, byProvider: { kling: 1, luma: 1 } },
    submits: [
      { number: 1, provider: 'kling', clientId: 'a.1', prompt: body.prompt, taskId: json['data']?.['task_id'], account: expect.stringMatching(/^kling:[0-9a-f]{12}$/) },
      { number: 2, provider: 'luma', nonce: 'nonce', callbackUrl: 'https://example.invalid/cb' },
    ],
  });
});

test('the log tells each poll of a task with its time since acceptance, and is bounded', async () => {
  client = await TestClient.open({ requestLogSize: 3 });
  const { json } = await client.post(path, body);
  const id = String(json['data']?.['task_id']);
  for (const _ of [1, 2, 3]) await client.get(`${path}/${id}`);
  const told = await client.get('/_simulator/requests');
  expect(told.json['requests']).toMatchObject([2, 3, 4].map((number) => ({ number, kind: 'poll', method: 'GET', status: 200, authorization: true, taskId: id })));
  expect(told.json['polls']?.[id]).toHaveLength(3);
  expect(client.simulator.requests({ kind: 'create' })).toEqual([]);
});

test('faults are added, listed and removed over HTTP, and a wrong one is refused with the reason', async () => {
  client = await TestClient.open();
  expect((await client.post('/_simulator/faults', [{ on: 'create', what: '500', times: 1 }])).status).toBe(201);
  expect((await client.post(path, body)).status).toBe(500);
  expect((await client.get('/_simulator/faults')).json).toMatchObject({ faults: [{ hits: 1 }], menu: { asset: expect.arrayContaining(['cut']) } });
  expect(await client.post('/_simulator/faults', { on: 'create', what: 'nonsense' })).toMatchObject({ status: 400, json: { error: expect.stringContaining('nonsense') } });
  await fetch(`${client.simulator.url}/_simulator/faults`, { method: 'DELETE' });
  expect(client.simulator.faults.list()).toEqual([]);
});

test('a request target that is no path harms neither origin', async () => {
  client = await TestClient.open();
  for (const port of [client.simulator.port, client.simulator.assetsPort]) {
    const status = await new Promise<number | undefined>((resolve, reject) => {
      request({ port, host: '127.0.0.1', path: '//' }, (response) => resolve(response.resume().statusCode)).once('error', reject).end();
    });
    expect(status).toBeGreaterThanOrEqual(400);
  }
  expect((await client.post(path, body)).status).toBe(200);
});

test('a reset forgets tasks, ledger, log and faults', async () => {
  client = await TestClient.open({ stateFile: join(folder, 'state.jsonl'), faults: [{ on: 'list', what: '500' }] });
  const { json } = await client.post(path, body);
  await client.post('/_simulator/reset', {});
  expect([client.simulator.ledger(), client.simulator.requests(), client.simulator.faults.list()]).toEqual([[], [], []]);
  expect((await client.get(`${path}/${json['data']?.['task_id']}`)).json['code']).toBe(1203);
  expect(await readFile(join(folder, 'state.jsonl'), 'utf8')).toBe('');
});

test('accepted tasks survive a restart at the same port, even when the last line was cut', async () => {
  const stateFile = join(folder, 'deep', 'state.jsonl');
  client = await TestClient.open({ stateFile, limits: { kling: 2 } });
  const { port } = client.simulator;
  const first = await client.post(path, { ...body, external_task_id: 'a.1' });
  const second = await client.post(path, { ...body, external_task_id: 'a.2' });
  await client.close();
  const text = await readFile(stateFile, 'utf8');
  await appendFile(stateFile, '{"v":1,"task":{"id":"8');
  client = await TestClient.open({ stateFile, port, limits: { kling: 2 }, faults: [{ on: 'poll', what: 'finish-at-once' }] });
  expect(client.simulator.ledger().map(({ clientId }) => clientId)).toEqual(['a.1', 'a.2']);
  expect((await client.post(path, body)).json['code']).toBe(1303);
  expect((await client.get(`${path}/a.1`)).json['data']?.['task_id']).toBe(first.json['data']?.['task_id']);
  expect((await client.get(`${path}/${second.json['data']?.['task_id']}`)).json['data']).toMatchObject({ task_status: 'succeed' });
  expect((await readFile(stateFile, 'utf8')).startsWith(text)).toBe(true);
  await client.close();
  client = await TestClient.open({ stateFile, port });
  expect((await client.get(`${path}/a.2`)).json['data']).toMatchObject({ task_status: 'succeed' });
  expect(client.simulator.counts().accepted).toBe(2);
});

test('a state file of something else is refused with its line', async () => {
  client = await TestClient.open();
  const stateFile = join(folder, 'other.jsonl');
  await appendFile(stateFile, '{"hello":1}\n');
  await expect(TestClient.open({ stateFile })).rejects.toThrow('line 1');
});

test('callbacks come from AceData at the end and from Kling for every state, to loopback addresses only', async () => {
  const receiver = await Receiver.open();
  client = await TestClient.open({ durations: { kling: 60, luma: 30 }, faults: [{ on: 'create', what: 'task-fails', provider: 'pika', code: 'forbidden', reason: 'no' }] });
  await client.post('/luma/videos', { prompt: 'volcano', callback_url: `${receiver.url}/luma` });
  await client.post(path, { ...body, callback_url: `${receiver.url}/kling` });
  await client.post('/hailuo/videos', { ...ORDERS.hailuo.body, callback_url: 'https://example.invalid/nobody' });
  const bodies = await receiver.gather(4);
  await receiver.close();
  expect(bodies.filter(([door]) => door === '/luma')).toMatchObject([['/luma', { success: true, state: 'completed', task_id: expect.any(String), video_url: expect.any(String) }]]);
  const words = new Set(bodies.filter(([door]) => door === '/kling').map(([, told]) => told['task_status']));
  expect(words).toEqual(new Set(['submitted', 'processing', 'succeed']));
});

test('a wrong setting is refused with its name', async () => {
  client = await TestClient.open();
  await expect(TestClient.open({ speed: 0 })).rejects.toThrow('speed is 0');
  await expect(TestClient.open({ failures: 2 })).rejects.toThrow('failures is 2');
  await expect(TestClient.open({ port: client.simulator.port })).rejects.toThrow('Another program listens there');
});

class Receiver {
  readonly #server: Server;
  readonly #bodies: Array<readonly [string, Record<string, unknown>]> = [];
  #arrived: () => void = () => undefined;

  private constructor() {
    this.#server = createServer((call, response) => {
      let text = '';
      call.on('data', (chunk) => text += String(chunk));
      call.on('end', () => {
        this.#bodies.push([call.url ?? '', JSON.parse(text) as Record<string, unknown>]);
        response.end();
        this.#arrived();
      });
    });
  }

  static async open(): Promise<Receiver> {
    const receiver = new Receiver();
    await new Promise<void>((resolve) => receiver.#server.listen(0, '127.0.0.1', resolve));
    return receiver;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async gather(count: number): Promise<ReadonlyArray<readonly [string, Record<string, unknown>]>> {
    while (this.#bodies.length < count) await new Promise<void>((resolve) => { this.#arrived = resolve; });
    return this.#bodies;
  }

  close(): Promise<void> {
    this.#server.closeAllConnections();
    return new Promise((resolve) => this.#server.close(() => resolve()));
  }
}

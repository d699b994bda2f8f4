/** An HTTP API for one test, with its own ledger and port and without a worker. Stopped when the test ends. */
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { onTestFinished } from 'vitest';
import { createLog, loadConfig } from '@dailies/queue';
import { type ApiService, createApi } from '../../apps/producer/src/api/index.ts';
import { openTestLedger, type TestLedger } from './ledger.ts';
import { TEST_SHARDS } from './shards.ts';

export interface TestApi extends TestLedger {
  url: string;
  service: ApiService;
  folder: string;
  note: string | null;
  /** Sends and returns JSON. */
  ask: (method: string, way: string, body?: unknown, headers?: Record<string, string>) => Promise<Answered>;
}

export interface Answered {
  status: number;
  headers: Headers;
  // The test knows what is in the answer.
  body: Record<string, never> & { [name: string]: unknown };
  text: string;
}

export async function openApi(changes: Record<string, string> = {}, redisUrl?: string): Promise<TestApi> {
  const ledger = openTestLedger(undefined, Number(changes['SHARDS'] ?? TEST_SHARDS));
  const folder = await mkdtemp(path.join(os.tmpdir(), 'dailies-api-'));
  const environment = { ...ACCOUNTS, PORT: '0', REDIS_TAG: ledger.tag, SHARDS: String(TEST_SHARDS), OUT_DIR: 'out', DAILIES_DIR: 'state', WEBHOOK_SECRET: `whsec_${Buffer.alloc(32, 7).toString('base64')}`, ...changes };
  const config = loadConfig(environment, { root: folder, cwd: folder });
  const log = createLog({ level: process.env['TEST_LOG'] ?? 'silent', name: 'test' });
  const service = createApi({ config, redisUrl: redisUrl ?? ledger.redisUrl, log, version: '0.0.0-test' });
  const { url, note } = await service.start();
  onTestFinished(async () => {
    await service.stop(2_000);
    await rm(folder, { recursive: true, force: true });
  });
  return { ...ledger, url, service, folder, note, ask: asker(url) };
}

export function asker(url: string): TestApi['ask'] {
  return async (method, way, body, headers = {}) => {
    const sent = body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) };
    const type: Record<string, string> = body === undefined ? {} : { 'content-type': 'application/json' };
    const response = await fetch(`${url}${way}`, { method, headers: { ...type, ...headers }, ...sent });
    const text = await response.text();
    const isJson = /json/.test(response.headers.get('content-type') ?? '');
    return { status: response.status, headers: response.headers, text, body: (isJson && text !== '' ? JSON.parse(text) : {}) as Answered['body'] };
  };
}

/** Asks again, as a client does, while the answer is 503: on a busy machine a large batch may take Redis longer than a caller waits. */
export async function untilHeard(send: () => Promise<Answered>): Promise<Answered> {
  for (;;) {
    const answered = await send();
    if (answered.status !== 503) return answered;
  }
}

const ACCOUNTS = { ALLEGRO_API_KEY: 'test', KLING_API_KEY: 'test', KLING_ENDPOINT_PATH: 'abc', ACEDATA_API_KEY: 'test' };

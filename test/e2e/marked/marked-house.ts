/**
 * A house in which every secret is marked, and everything that comes out is kept: what programs say, what HTTP answers. Real programs, a Redis
 * with a password, a simulator, a receiver of webhooks.
 */
import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { Redis } from 'ioredis';
import { onTestFinished } from 'vitest';
import { startSimulator, type Simulator } from '@dailies/simulator';
import { freePort } from '../../support/redis-server.ts';
import { TEST_SHARDS } from '../../support/shards.ts';
import { openReceiver, type Receiver } from '../../support/receiver.ts';
import { processEnvironment, SPEED, upstreamSettings } from '../environment.ts';
import { type Ending, type Running, startProgram } from '../program.ts';
import { type GuardedRedis, startGuardedRedis } from './guarded-redis.ts';
import { SECRETS } from './marks.ts';
import type { PlacedText } from './redis-texts.ts';

export interface MarkedHouse {
  folder: string;
  simulator: Simulator;
  receiver: Receiver;
  server: GuardedRedis;
  /** To look, never to act. */
  redis: Redis;
  /** Of the HTTP API. */
  url: string;
  write(name: string, lines: readonly object[]): Promise<void>;
  start(words: readonly string[], settings?: Record<string, string>): Running;
  dailies(...words: string[]): Promise<Ending>;
  /** Of any address; the whole answer is kept. */
  ask(url: string, request?: RequestInit): Promise<{ status: number; text: string }>;
  /** Everything that came out so far. */
  came(): PlacedText[];
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

export async function openMarkedHouse(): Promise<MarkedHouse> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'dailies-marked-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 }));
  const server = await startGuardedRedis(path.join(folder, 'redis'), SECRETS.redisPassword);
  onTestFinished(() => server.kill());
  const redis = new Redis(server.url, { maxRetriesPerRequest: null, retryStrategy: () => 20 });
  redis.on('error', () => undefined);
  onTestFinished(() => redis.disconnect());
  const simulator = await startSimulator({ speed: SPEED, limits: { allegro: 50, kling: 50, acedata: 50 } });
  onTestFinished(() => simulator.close());
  const receiver = await openReceiver();
  const port = await freePort();
  const settings = {
    ...upstreamSettings(simulator.url),
    ALLEGRO_API_KEY: SECRETS.allegroKey,
    KLING_API_KEY: SECRETS.klingKey,
    ACEDATA_API_KEY: SECRETS.aceDataKey,
    REDIS_URL: server.url,
    SHARDS: String(TEST_SHARDS),
    DAILIES_DIR: path.join(folder, 'state'),
    OUT_DIR: path.join(folder, 'out'),
    PORT: String(port),
    PUBLIC_URL: `http://127.0.0.1:${port}`,
    API_KEYS: `shop:read+write+admin:${sha256(SECRETS.apiKey)},reader:read:${sha256(SECRETS.readerKey)}`,
    DASHBOARD_PASSWORD: SECRETS.dashboardPassword,
    WEBHOOK_SECRET: `whsec_${SECRETS.webhookSecret}`,
    WEBHOOK_URL: `${receiver.url}?token=${SECRETS.webhookQuery}`,
    KLING_CALLBACK_SECRET: `whsec_${SECRETS.klingCallbackSecret}`,
    DOWNLOAD_RETRY_MS: '100',
    LOG_LEVEL: 'trace',
  };
  const programs: { words: string; running: Running }[] = [];
  const answers: PlacedText[] = [];
  const start: MarkedHouse['start'] = (words, own = {}) => {
    const running = startProgram({ file: 'apps/producer/src/main.ts', words, cwd: folder, environment: processEnvironment({ ...settings, ...own }) });
    programs.push({ words: `dailies ${words.join(' ')}`, running });
    return running;
  };
  return {
    folder, simulator, receiver, server, redis, start,
    url: `http://127.0.0.1:${port}`,
    write: (name, lines) => writeFile(path.join(folder, name), lines.map((line) => `${JSON.stringify(line)}\n`).join('')),
    dailies: (...words) => start(words).ended,
    async ask(url, request = {}) {
      const response = await fetch(url, { redirect: 'manual', ...request });
      const text = await response.text();
      answers.push({
        place: `${request.method ?? 'GET'} ${new URL(url).pathname} → ${response.status}`,
        text: `${JSON.stringify([...response.headers])}\n${text}`,
      });
      return { status: response.status, text };
    },
    came: () => [
      ...programs.map(({ words, running }) => ({ place: words, text: running.said() })),
      ...answers,
      ...receiver.received.map(({ body, headers }) => ({ place: 'a webhook', text: `${JSON.stringify(headers)}\n${body}` })),
    ],
  };
}

/** A dashboard that runs on a real Redis, with the desk beside it to look at the ledger, and a client that is signed in. */
import { randomUUID } from 'node:crypto';
import { type Config, connectForProducer, createLog, type Desk, loadConfig, openQueues, openStore, whenReady } from '@dailies/queue';
import { createDashboard } from '../dashboard.ts';

export interface House {
  config: Config;
  redisUrl: string;
  desk: Desk;
  url: string;
  user: string;
  password: string;
  /** A call of Bull Board's HTTP API as its own page makes it. */
  call(method: string, route: string, body?: object): Promise<{ status: number; body: Record<string, unknown> }>;
  close(): Promise<void>;
}

export async function openHouse(redisUrl: string, environment: Record<string, string> = {}): Promise<House> {
  const config = loadConfig(
    { REDIS_TAG: `test:${randomUUID()}`, DASHBOARD_PORT: '0', ALLEGRO_API_KEY: 'k', ALLEGRO_BASE_URL: 'http://127.0.0.1:9', ...environment },
    { root: '/', cwd: '/' },
  );
  const log = createLog({ level: 'error', name: 'test' });
  const redis = connectForProducer(redisUrl, { name: 'test', log });
  await whenReady(redis, 5_000);
  const store = openStore(redis, config.redisTag, config.shards);
  const desk = { store, queues: openQueues(store, log) };
  const dashboard = createDashboard({ config, redisUrl, log });
  const { url, user, generatedPassword } = await dashboard.start();
  const password = generatedPassword ?? environment['DASHBOARD_PASSWORD'] ?? '';

  return {
    config,
    redisUrl,
    desk,
    url,
    user,
    password,
    async call(method, route, body) {
      const response = await fetch(`${url}/queues/api${route}`, {
        method,
        headers: { authorization: basic(user, password), 'content-type': 'application/json', origin: url },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      const text = await response.text();
      return { status: response.status, body: text === '' ? {} : (JSON.parse(text) as Record<string, unknown>) };
    },
    async close() {
      await dashboard.stop(2_000);
      await desk.queues.close();
      redis.disconnect();
    },
  };
}

export function basic(user: string, password: string): string {
  return `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
}

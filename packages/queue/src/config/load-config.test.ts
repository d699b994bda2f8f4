import { inspect } from 'node:util';
import { expect, test } from 'vitest';
import { ConfigError, loadConfig } from './load-config.ts';

const PLACES = { root: '/clone', cwd: '/somewhere' };
const load = (environment: Record<string, string>) => loadConfig(environment, PLACES);

test('an empty environment is a whole configuration: embedded Redis, no account', () => {
  const config = load({});
  expect(config).toMatchObject({ redisUrl: null, stateFolder: '/clone/.dailies', outFolder: '/somewhere/out', workerConcurrency: 50, stopDeadlineMs: 45_000 });
  expect(Object.values(config.providers).map(({ account }) => account)).toEqual([null, null, null, null, null]);
});

test('every fault is reported at once, by its variable, without its value where that may be secret', () => {
  const attempt = () => load({ PORT: 'many', LOG_LEVEL: 'loud', REDIS_URL: 'http://user:hunter2@host', KLING_API_KEY: 'key' });
  expect(attempt).toThrow(ConfigError);
  try {
    attempt();
  } catch (error) {
    const { message } = error as ConfigError;
    for (const name of ['PORT', 'LOG_LEVEL', 'REDIS_URL', 'KLING_ENDPOINT_PATH']) expect(message).toContain(name);
    expect(message).not.toContain('hunter2');
  }
});

test('no secret can be printed with the configuration', () => {
  const config = load({ ALLEGRO_API_KEY: 'top-secret', REDIS_URL: 'redis://:top-secret@host', DASHBOARD_PASSWORD: 'top-secret' });
  expect(JSON.stringify(config) + inspect(config, { depth: 9 })).not.toContain('top-secret');
  expect(config.providers.allegro.account?.apiKey.reveal()).toBe('top-secret');
});

test('the AceData three share one account, and a key of its own makes another', () => {
  const { providers } = load({ ACEDATA_API_KEY: 'one', LUMA_API_KEY: 'two' });
  expect(providers.hailuo.account?.id).toBe('acedata@https://api.acedata.cloud');
  expect(providers.pika.account?.id).toBe(providers.hailuo.account?.id);
  expect(providers.luma.account?.id).toBe('luma@https://api.acedata.cloud');
  expect(providers.hailuo.maxInFlight).toBe(5);
});

test('Allegro waits two minutes before its first poll, unless configured otherwise', () => {
  expect(load({}).providers.allegro.pace.firstPollMs).toBe(120_000);
  expect(load({ ALLEGRO_FIRST_POLL_MS: '5' }).providers.allegro.pace.firstPollMs).toBe(5);
});

test('a stop deadline shorter than a submit can take is refused', () => {
  expect(() => load({ STOP_DEADLINE_MS: '1000' })).toThrow(/STOP_DEADLINE_MS/);
});

import { PROVIDER_NAMES } from '@dailies/providers';
import { loadConfig } from '@dailies/queue';
import { expect, test } from 'vitest';
import { simulatedEnvironment } from './simulated-environment.ts';

const URL_OF_SIMULATOR = 'http://127.0.0.1:4321';
const places = { root: '/clone', cwd: '/clone' };

test('no real key, Redis or callback is left in a simulated environment', () => {
  const real = {
    ALLEGRO_API_KEY: 'real', KLING_API_KEY: 'real', ACEDATA_API_KEY: 'real', HAILUO_API_KEY: 'real', PIKA_API_KEY: 'real', LUMA_API_KEY: 'real',
    REDIS_URL: 'redis://real', REDIS_REPLICAS: '2', ACEDATA_INERT_CALLBACK: 'https://real.example/',
    S3_BUCKET: 'real', S3_ENDPOINT: 'https://real.example', S3_PREFIX: 'real', S3_REGION: 'real', S3_ACCESS_KEY_ID: 'real', S3_SECRET_ACCESS_KEY: 'real',
  };
  expect(Object.values(simulatedEnvironment(real, URL_OF_SIMULATOR, 30))).not.toContainEqual(expect.stringContaining('real'));
});

test('every provider has an account at the simulator, and a ledger of its own', () => {
  const config = loadConfig(simulatedEnvironment({}, URL_OF_SIMULATOR, 30), places);
  for (const name of PROVIDER_NAMES) expect(config.providers[name].account?.id).toMatch(/^(allegro|kling|acedata)@http:\/\/127\.0\.0\.1:4321$/);
  expect(config.stateFolder).toBe('/clone/.dailies/sim');
  expect(config.redisUrl).toBeNull();
});

test('what simulated services store is in a folder of its own, which no batch can be called', () => {
  expect(loadConfig(simulatedEnvironment({}, URL_OF_SIMULATOR, 30), places).outFolder).toBe('/clone/out/_simulated');
  expect(loadConfig(simulatedEnvironment({ OUT_DIR: '/videos' }, URL_OF_SIMULATOR, 30), places).outFolder).toBe('/videos/_simulated');
});

test('times shrink as much as the simulator is faster, the own ones too', () => {
  const config = loadConfig(simulatedEnvironment({ KLING_FIRST_POLL_MS: '9000', DAILIES_DIR: '/state' }, URL_OF_SIMULATOR, 30), places);
  expect(config.providers.allegro.pace.firstPollMs).toBe(4000);
  expect(config.providers.kling.pace.firstPollMs).toBe(300);
  expect(config.polling.costMs).toBeCloseTo(2000 / 30);
  expect(config.stateFolder).toBe('/state/sim');
});

test.each([['KLING_POLL_MIN_MS', 'soon'], ['KLING_POLL_MIN_MS', '-1'], ['LUMA_DEADLINE_MS', '0'], ['RESUBMIT_AFTER_MS', '-1']])('a fault in the environment is still reported: %s=%s', (name, value) => {
  expect(() => loadConfig(simulatedEnvironment({ [name]: value }, URL_OF_SIMULATOR, 30), places)).toThrow(`${name}: `);
});

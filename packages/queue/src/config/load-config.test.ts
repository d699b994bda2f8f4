import { inspect } from 'node:util';
import { PROVIDERS } from '@dailies/providers';
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
  const attempt = () => load({ PORT: 'many', LOG_LEVEL: 'loud', REDIS_URL: 'http://user:hunter2@host', METRICS_TOKEN: 'hunter3', KLING_API_KEY: 'key' });
  expect(attempt).toThrow(ConfigError);
  try {
    attempt();
  } catch (error) {
    const { message } = error as ConfigError;
    for (const name of ['PORT', 'LOG_LEVEL', 'REDIS_URL', 'METRICS_TOKEN', 'KLING_ENDPOINT_PATH']) expect(message).toContain(name);
    expect(message).toContain('LOG_LEVEL: is no level (found "loud"). It is one of trace,');
    expect(message).not.toContain('hunter');
  }
});

test('no secret can be printed with the configuration', () => {
  const config = load({ ALLEGRO_API_KEY: ' top-secret\r', REDIS_URL: 'redis://:top-secret@host', DASHBOARD_PASSWORD: 'top-secret' });
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
  expect(() => load({ STOP_DEADLINE_MS: '39999' })).toThrow(/STOP_DEADLINE_MS: 39999 is too short\..* at least UPSTREAM_TIMEOUT_MS \+ 10000 = 40000\./);
  expect(load({ STOP_DEADLINE_MS: '40000' }).stopDeadlineMs).toBe(40_000);
});

test('what money, videos and strangers are limited by is what the variable of its name says', () => {
  const config = load({
    REDIS_REPLICAS: '1', SHARDS: '2', STOP_DEADLINE_MS: '50000', UPSTREAM_TIMEOUT_MS: '31000', SETTLE_AFTER_MS: '32000', SETTLE_SILENT_MS: '33000',
    RESUBMIT_UNBILLED: '3', RESUBMIT_AFTER_MS: '4', LEDGER_RETENTION_DAYS: '5', JOB_RETENTION_DAYS: '6', RESULT_RETENTION_DAYS: '9', POLL_COST_SECONDS: '1.5',
    MAX_DOWNLOAD_BYTES: '10', DISK_RESERVE_BYTES: '11', API_RATE_PER_MINUTE: '12', TRUST_PROXY: '1', METRICS_TOKEN: 'm'.repeat(16),
    PUBLIC_URL: 'https://here.test/', DAILIES_URL: 'https://there.test//', KLING_CALLBACK_SECRET: `whsec_${'a'.repeat(32)}`,
  });
  expect(config).toMatchObject({
    redisReplicas: 1, shards: 2, stopDeadlineMs: 50_000, upstreamTimeoutMs: 31_000, settleAfterMs: 32_000, settleSilentMs: 33_000,
    resubmit: { unbilled: 3, afterMs: 4 }, retention: { ledgerDays: 5, jobDays: 6, resultDays: 9 }, polling: { costMs: 1_500 },
    download: { maxBytes: 10, diskReserveBytes: 11 }, api: { ratePerMinute: 12, trustProxy: 1 },
    publicUrl: 'https://here.test', remote: { url: 'https://there.test' },
  });
  expect([config.metricsToken?.reveal(), config.callbackSecrets.kling?.reveal()]).toEqual(['m'.repeat(16), `whsec_${'a'.repeat(32)}`]);
});

test('a webhook for all work that nobody could believe is refused at the start, and a proxy is switched off in whatever letters', () => {
  const WEBHOOK_SECRET = `whsec_${'a'.repeat(32)}`;
  expect(() => load({ WEBHOOK_URL: 'https://hooks.test/a' })).toThrow('WEBHOOK_URL: cannot be used: WEBHOOK_SECRET is not set');
  expect(() => load({ WEBHOOK_URL: 'http://hooks.test/a', WEBHOOK_SECRET })).toThrow('WEBHOOK_URL: is not https');
  expect(() => load({ WEBHOOK_SECRET: `${WEBHOOK_SECRET},whsec_short` })).toThrow('WEBHOOK_SECRET: must be whsec_ and 24 to 64 bytes');
  expect(load({ WEBHOOK_URL: 'https://hooks.test/a', WEBHOOK_SECRET, TRUST_PROXY: 'OFF' })).toMatchObject({ api: { trustProxy: false } });
});

test('what was proved absent is sent again where the upstream can be asked for it, unless configured otherwise', () => {
  const again = (environment: Record<string, string>) => Object.values(load(environment).providers).map(({ name, resubmitAbsent }) => [name, resubmitAbsent]);
  expect(again({})).toEqual(Object.values(PROVIDERS).map((provider) => [provider.name, 'find' in provider]));
  expect(again({ ALLEGRO_RESUBMIT_ABSENT: 'on', LUMA_RESUBMIT_ABSENT: 'off' })).toEqual(expect.arrayContaining([['allegro', true], ['luma', false]]));
});

test('the longest pause between two polls is not less than the shortest, and an origin has no slash at its end', () => {
  const { pace } = load({ LUMA_POLL_MIN_MS: '600000' }).providers.luma;
  expect(pace).toMatchObject({ minMs: 600_000, maxMs: 600_000 });
  expect(load({ LUMA_POLL_MIN_MS: '7', LUMA_POLL_MAX_MS: '7' }).providers.luma.pace).toMatchObject({ minMs: 7, maxMs: 7 });
  expect(() => load({ LUMA_POLL_MIN_MS: '8', LUMA_POLL_MAX_MS: '7' })).toThrow('LUMA_POLL_MAX_MS: is less than the shortest pause of 8 ms');
  expect(load({ ALLEGRO_API_KEY: 'k', ALLEGRO_BASE_URL: 'https://allegro.test/' }).providers.allegro.account?.baseUrl).toBe('https://allegro.test');
});

test('tasks in flight are limited for each provider, and those of one account by that of the account unless they have their own', () => {
  const { providers } = load({ ACEDATA_API_KEY: 'one', ACEDATA_MAX_IN_FLIGHT: '7', PIKA_MAX_IN_FLIGHT: '3', KLING_MAX_IN_FLIGHT: '2' });
  const limits = Object.values(providers).map(({ name, maxInFlight, account }) => [name, maxInFlight, account?.maxInFlight]);
  expect(Object.fromEntries(limits.map(([name, ...numbers]) => [name, numbers]))).toEqual({
    allegro: [5, undefined], kling: [2, undefined], hailuo: [7, 7], pika: [3, 7], luma: [7, 7],
  });
});

test('a deadline of 0 is refused, since it does not mean "never"; one of a millisecond is not', () => {
  expect(() => load({ LUMA_DEADLINE_MS: '0' })).toThrow(/LUMA_DEADLINE_MS: must be at least 1: .*\(found "0"\)/);
  expect(load({ LUMA_DEADLINE_MS: '1' }).providers.luma.pace.deadlineMs).toBe(1);
});

test.each(['UPSTREAM_TIMEOUT_MS', 'SETTLE_AFTER_MS', 'SETTLE_SILENT_MS'])('seconds in place of milliseconds are refused where money rests on them: %s', (name) => {
  expect(() => load({ [name]: '180' })).toThrow(new RegExp(`${name}: is too short: it is in milliseconds.*\\(found "180"\\)`));
});

test.each([
  ['PORT', '-1', 'must be a whole number from 0 to 65535'],
  ['SHARDS', '1.5', 'must be a whole number from 1 to 64'],
  ['UPSTREAM_TIMEOUT_MS', '30s', 'must be a whole number from 400 to 604800000'],
  ['STOP_DEADLINE_MS', '45s', 'must be a whole number from 0 to 604800000'],
  ['POLL_COST_SECONDS', '-1', 'must be a number from 0 to 3600'],
  ['OUT_DIR', 's3://films/out', 'must be a folder (S3_BUCKET is for a bucket)'],
  ['DASHBOARD_HOST', 'http://0.0.0.0', 'must be the name or the IP address of a host'],
  ['KLING_MAX_IN_FLIGHT', '0', 'must be a whole number from 1 to 100000'],
  ['TRUST_PROXY', '10.0.0.0/8, 300.0.0.1', 'must be off, the number of proxies, or their addresses'],
])('a wrong value is one fault, which says what is right: %s=%s', (name, value, right) => {
  expect(() => load({ [name]: value })).toThrow(`a fault:\n  ${name}: ${right} (found ${JSON.stringify(value)})`);
});

test('one API key under two names is refused: whose it is would depend on their order', () => {
  const entries = (...hashes: string[]) => hashes.map((digit, at) => `name-${at}:read:${digit.repeat(64)}`).join(',');
  expect(load({ API_KEYS: entries('a', 'b', 'c') }).api.keys).toHaveLength(3);
  expect(() => load({ API_KEYS: entries('a', 'b', 'A') })).toThrow('entry 3 (name-2) has the key of entry 1: give each a key of its own');
});

test.each([
  [`a name:read:${'a'.repeat(64)}`, 'entry 1 has no legal name'],
  [`ci:read+reed:${'a'.repeat(64)}`, 'entry 1 (ci) has unknown scopes'],
  [`ci:read:${'a'.repeat(64)}:more`, 'entry 1 (ci) does not end with the SHA-256'],
])('an entry of API_KEYS that is no entry is refused: %s', (entry, words) => {
  expect(() => load({ API_KEYS: entry })).toThrow(words);
});

test('one name may have two keys, so that the old one is good while the new one is handed out, but not two sets of scopes', () => {
  const keys = (scopes: string) => load({ API_KEYS: `ci:read+write:${'a'.repeat(64)},ci:${scopes}:${'b'.repeat(64)}` }).api.keys;
  expect(keys('write+read').map(({ name }) => name)).toEqual(['ci', 'ci']);
  expect(() => keys('admin')).toThrow('entry 2 (ci) has the name of entry 1 and other scopes: two keys of one name have the same');
});

test('a key that was given in the place of its entry is not shown', () => {
  expect(() => load({ API_KEYS: 'top-secret' })).toThrow(expect.objectContaining({ message: expect.not.stringContaining('top-secret') as unknown }) as Error);
});

test('without a bucket there is none; with one, its address decides how it is spoken to', () => {
  expect(load({}).s3).toBeNull();
  expect(load({ S3_BUCKET: 'films' }).s3).toEqual({ bucket: 'films', region: 'us-east-1', prefix: '', pathStyle: false, keys: null });
  const { s3 } = load({ S3_BUCKET: 'films', S3_ENDPOINT: 'http://127.0.0.1:9000', S3_PREFIX: 'a/b/', S3_ACCESS_KEY_ID: 'id', S3_SECRET_ACCESS_KEY: 'top-secret' });
  expect(s3).toMatchObject({ endpoint: 'http://127.0.0.1:9000', prefix: 'a/b', pathStyle: true });
  expect(s3?.keys?.secretAccessKey.reveal()).toBe('top-secret');
  expect(JSON.stringify(s3) + inspect(s3, { depth: 9 })).not.toContain('top-secret');
});

test.each([
  [{ S3_ENDPOINT: 'https://s3.test' }, 'S3_BUCKET: is missing, but S3_ENDPOINT is set'],
  [{ S3_ACCESS_KEY_ID: 'id', S3_SECRET_ACCESS_KEY: 'secret' }, 'S3_BUCKET: is missing, but S3_ACCESS_KEY_ID is set'],
  [{ S3_BUCKET: 'films', S3_ACCESS_KEY_ID: 'id' }, 'S3_SECRET_ACCESS_KEY: is missing, but its other half is set'],
  [{ S3_BUCKET: 'films', S3_SECRET_ACCESS_KEY: 'secret' }, 'S3_ACCESS_KEY_ID: is missing, but its other half is set'],
  [{ S3_BUCKET: 's3://films/all' }, 'S3_BUCKET: must be the name of a bucket alone'],
  [{ S3_BUCKET: 'films', S3_PREFIX: '/films' }, 'S3_PREFIX: must be a path'],
  [{ S3_BUCKET: 'films', S3_PREFIX: 'a/../b' }, 'S3_PREFIX: has an empty part'],
  [{ S3_BUCKET: 'films', S3_ENDPOINT: 's3.test' }, 'S3_ENDPOINT: must be an http or https URL'],
])('half a bucket is a fault, since results must not go elsewhere by a slip: %o', (environment, words) => {
  expect(() => load(environment)).toThrow(words);
});

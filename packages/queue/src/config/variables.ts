/**
 * Every environment variable Dailies reads: its schema, its default, what it is for. `.env.example` is held against this table by a test.
 * Durations are milliseconds. Nothing is read here: load-config.ts does that.
 */
import { PROVIDER_NAMES, type ProviderName } from '@dailies/providers';
import { z } from 'zod';
import { DEFAULT_TAG } from '../ledger/keys.ts';
import { isOfAceData } from './acedata.ts';
import { apiKeys } from './api-keys.ts';
import {
  apiKey,
  bytes,
  days,
  host,
  httpUrl,
  lifetime,
  milliseconds,
  patience,
  plainUrl,
  port,
  positive,
  redisUrl,
  secret,
  signingSecrets,
  text,
  trustProxy,
  wholeNumber,
  yesOrNo,
} from './variable-values.ts';

export interface Variable {
  schema: z.ZodType;
  /** As it would be written in `.env`; empty: none. */
  fallback: string;
  about: string;
}

export const VARIABLES: Readonly<Record<string, Variable>> = {
  REDIS_URL: {
    schema: redisUrl,
    fallback: '',
    about: 'the Redis to use instead of the embedded one: redis://, redis+sentinel:// or redis+cluster:// (rediss… with TLS)',
  },
  REDIS_REPLICAS: {
    schema: wholeNumber(0, 10),
    fallback: '0',
    about: 'the number of replicas of a master that may be promoted: a paid submit, an acceptance, a cancel and a pause wait until so many have it',
  },
  REDIS_TAG: {
    schema: text.regex(/^[A-Za-z0-9:._-]{1,60}$/, 'must be 1 to 60 of letters, digits, ":", ".", "_" and "-"'),
    fallback: DEFAULT_TAG,
    about: 'the hash tag of every key; two systems on one Redis need two tags',
  },
  SHARDS: {
    schema: wholeNumber(1, 64),
    fallback: '1',
    about:
      'the number of parts of the ledger, which are spread over the masters of a Redis Cluster by account; the same for every '
      + 'process, and changed only with `dailies doctor --shards`',
  },
  DAILIES_REDIS_SERVER: {
    schema: text,
    fallback: '',
    about: 'the program of the embedded Redis, redis-server or valkey-server; default: the one that a shell would find',
  },
  DAILIES_DIR: { schema: text, fallback: '', about: 'the folder of the embedded Redis and of rescue files; default: .dailies in the clone' },
  OUT_DIR: {
    schema: text.regex(/^(?!\w+:\/\/)/, 'must be a folder (S3_BUCKET is for a bucket)'),
    fallback: 'out',
    about: 'the folder that services write results to, one folder per batch',
  },
  DAILIES_URL: { schema: httpUrl, fallback: '', about: 'the HTTP API of another machine, from which `dailies results --download` fetches' },
  DAILIES_KEY: { schema: apiKey, fallback: '', about: 'the API key for DAILIES_URL' },
  S3_BUCKET: {
    schema: text.regex(/^[a-z0-9][a-z0-9._-]{1,62}$/i, 'must be the name of a bucket alone'),
    fallback: '',
    about: 'the bucket that results go to instead of OUT_DIR, which then only holds unfinished downloads; empty: OUT_DIR',
  },
  S3_ENDPOINT: { schema: httpUrl, fallback: '', about: 'the origin of an S3-compatible service; empty: AWS' },
  S3_REGION: {
    schema: text.regex(/^[A-Za-z0-9-]+$/, 'must be the name of a region'),
    fallback: 'us-east-1',
    about: 'the region of the bucket; most services other than AWS accept any',
  },
  S3_PREFIX: {
    schema: text.regex(/^[^/\\\s][^\\\s]*$/, 'must be a path without blanks that does not begin with a slash'),
    fallback: '',
    about: 'the beginning of the keys of all objects, such as dailies/films',
  },
  S3_PATH_STYLE: {
    schema: yesOrNo,
    fallback: '',
    about: 'on or off: whether the bucket is in the path instead of in the host name; default: on with S3_ENDPOINT, otherwise off',
  },
  S3_ACCESS_KEY_ID: {
    schema: apiKey,
    fallback: '',
    about: "the id of the key for the bucket; empty: the AWS client's own chain (profile, role of the machine)",
  },
  S3_SECRET_ACCESS_KEY: { schema: apiKey, fallback: '', about: 'the secret of S3_ACCESS_KEY_ID' },
  PORT: { schema: port, fallback: '3000', about: 'the port of the HTTP API' },
  API_HOST: {
    schema: host,
    fallback: '127.0.0.1',
    about: 'the address that the HTTP API listens on; 0.0.0.0 in a container. Without API_KEYS it is always the loopback address',
  },
  API_KEYS: {
    schema: apiKeys,
    fallback: '',
    about: 'the list of who may use the HTTP API: name:scopes:sha256hex, separated by commas (`dailies keys create` makes an entry)',
  },
  API_RATE_PER_MINUTE: {
    schema: wholeNumber(0, 10_000_000),
    fallback: '60000',
    about: 'the number of requests that each API key may make per minute, in each process; 0: no limit',
  },
  TRUST_PROXY: {
    schema: trustProxy,
    fallback: 'off',
    about: 'the reverse proxies in front of the HTTP API whose X-Forwarded headers count: how many, or their addresses (loopback, 10.0.0.0/8)',
  },
  DASHBOARD_PORT: { schema: port, fallback: '3001', about: 'the port of the dashboard' },
  WORKER_PORT: { schema: port, fallback: '3002', about: "the port of the worker's health endpoints and metrics" },
  WORKER_HOST: {
    schema: z.union([z.ipv4(), z.ipv6(), z.literal('localhost')], 'must be an IP address'),
    fallback: '127.0.0.1',
    about: "the address of the worker's health endpoints and metrics; 0.0.0.0 in a container",
  },
  METRICS_TOKEN: {
    schema: z.string().regex(/^[\x21-\x7e]{16,}$/, 'must be at least 16 printable ASCII characters'),
    fallback: '',
    about: "the bearer token for /metrics; empty: open on the worker's port, and behind the sign-in on the dashboard's port",
  },
  PRICES_FILE: {
    schema: text,
    fallback: '',
    about: 'the price table for estimated spend (examples/prices.json is an example); empty: nothing is estimated',
  },
  OTEL_EXPORTER_OTLP_ENDPOINT: {
    schema: httpUrl,
    fallback: '',
    about: 'the collector that traces are sent to, OTLP over HTTP, such as http://localhost:4318; empty: no traces',
  },
  DASHBOARD_USER: { schema: text, fallback: 'admin', about: 'the first user of the dashboard, an admin' },
  DASHBOARD_PASSWORD: { schema: secret, fallback: '', about: 'the password of the dashboard; empty: one is generated and printed once' },
  PUBLIC_URL: { schema: plainUrl, fallback: '', about: 'the address under which the upstreams reach the HTTP API; setting it turns callbacks on' },
  WEBHOOK_URL: { schema: httpUrl, fallback: '', about: 'the address that gets the events of all work that names no webhook of its own' },
  WEBHOOK_SECRET: {
    schema: signingSecrets,
    fallback: '',
    about: 'the secret that signs webhooks, whsec_… (Standard Webhooks); while you change it, two with a comma: both sign',
  },
  DASHBOARD_USERS: {
    schema: text,
    fallback: '',
    about: 'the list of further users of the dashboard, separated by commas: the lines that `dailies users create NAME --role ROLE` prints',
  },
  DASHBOARD_HOST: {
    schema: host,
    fallback: '127.0.0.1',
    about: 'the address that the dashboard listens on; any address that other machines can reach needs DASHBOARD_PASSWORD',
  },
  DASHBOARD_PROXIES: {
    schema: wholeNumber(0, 10),
    fallback: '0',
    about: 'the number of reverse proxies in front of the dashboard whose X-Forwarded headers are believed',
  },
  LEDGER_RETENTION_DAYS: {
    schema: days,
    fallback: '0',
    about: 'the number of days after which a finished generation shrinks to a stub (id, state, task, file); 0: never',
  },
  RESULT_RETENTION_DAYS: {
    schema: days,
    fallback: '0',
    about:
      'the number of days after which the files of what succeeded are removed (those below OUT_DIR and in the bucket, not those of '
      + '--out); 0: never',
  },
  JOB_RETENTION_DAYS: {
    schema: days,
    fallback: '7',
    about:
      'the number of days after which finished jobs leave Bull Board; of each queue it keeps at most 500 completed jobs for a day, '
      + 'and 1,000 failed ones for a week; 0: no sooner than that',
  },
  LOG_LEVEL: {
    schema: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'], 'is no level'),
    // Empty, so that a copy of .env.example leaves commands with a progress display as quiet as they are without it.
    fallback: '',
    about: 'one of trace, debug, info, warn, error, fatal, silent; default: info, and error for commands such as run, which show their progress',
  },
  WORKER_CONCURRENCY: {
    schema: positive,
    fallback: '50',
    about: 'the number of polls, and of downloads, that one worker process does at the same time',
  },
  STOP_DEADLINE_MS: {
    schema: milliseconds,
    fallback: '45000',
    about: 'the time that a stop waits for work under way; at least UPSTREAM_TIMEOUT_MS plus 10 s',
  },
  UPSTREAM_TIMEOUT_MS: { schema: patience, fallback: '30000', about: 'the time-out of one request to an upstream' },
  SETTLE_AFTER_MS: {
    schema: patience,
    fallback: '30000',
    about:
      'the time after the seen end of a submit after which it may be concluded that the submit is absent; four times as long for '
      + 'AceData, whose tasks may show late',
  },
  SETTLE_SILENT_MS: { schema: patience, fallback: '180000', about: 'the same as SETTLE_AFTER_MS, for a submit whose sender fell silent' },
  POLL_LEARNED: {
    schema: yesOrNo,
    fallback: 'on',
    about: 'on or off: whether polls follow how long tasks of the same kind have taken; off: backoff between the shortest and the longest pause',
  },
  POLL_COST_SECONDS: {
    schema: z.coerce.number('must be a number from 0 to 3600').min(0).max(3600),
    fallback: '2',
    about: 'the number of seconds of delay that one poll is worth; a higher value means fewer polls',
  },
  RESUBMIT_UNBILLED: {
    schema: wholeNumber(0, 20),
    fallback: '2',
    about: 'the number of times that a task is submitted again if the upstream failed it and says that it bills nothing',
  },
  RESUBMIT_AFTER_MS: { schema: milliseconds, fallback: '30000', about: 'the wait before the first such resubmission; doubled for the second' },
  MAX_DOWNLOAD_BYTES: {
    schema: bytes.min(1),
    fallback: String(2 * 1024 ** 3),
    about: 'the size of the largest file that is downloaded; default: 2 GiB',
  },
  DOWNLOAD_STALL_MS: {
    schema: milliseconds.min(1),
    fallback: '30000',
    about: 'the time in which at least 4 KiB of a download must arrive, or it counts as cut off',
  },
  DOWNLOAD_RETRY_MS: { schema: milliseconds, fallback: '1000', about: 'the pause after the first failed fetch of a file; doubles up to a minute' },
  DISK_RESERVE_BYTES: {
    schema: bytes,
    fallback: String(1024 ** 3),
    about: "the free space below which downloads wait (they also wait below twice the size of the embedded Redis' append-only file); default: 1 GiB",
  },
  ALLOW_PRIVATE_ADDRESSES: {
    schema: yesOrNo,
    fallback: 'off',
    about: 'on or off: whether asset links and webhooks may use plain http and private addresses (tests, internal networks)',
  },
  ALLEGRO_API_KEY: { schema: apiKey, fallback: '', about: 'the API key of Allegro (Rhymes AI)' },
  ALLEGRO_BASE_URL: { schema: httpUrl, fallback: 'https://api.rhymes.ai', about: 'the origin of Allegro' },
  KLING_API_KEY: { schema: apiKey, fallback: '', about: "the API key of Kling, through Cloudsway's MaaS_KL" },
  KLING_BASE_URL: { schema: httpUrl, fallback: 'https://genaiapi.cloudsway.net', about: 'the origin of Cloudsway' },
  KLING_ENDPOINT_PATH: {
    schema: text.regex(/^[A-Za-z0-9._~-]+$/, 'must be the opaque id alone, without slashes'),
    fallback: '',
    about: 'the id in /v1/ai/{id}/kling, from the Cloudsway console',
  },
  KLING_CALLBACK_SECRET: {
    schema: signingSecrets,
    fallback: '',
    about:
      "the secret that signs Kling's callbacks, whsec_…; if set, unsigned callbacks are ignored; while you change it, two with a "
      + 'comma: either is accepted',
  },
  ACEDATA_API_KEY: { schema: apiKey, fallback: '', about: 'the API key of AceData Cloud, for Hailuo, Pika and Luma' },
  ACEDATA_BASE_URL: { schema: httpUrl, fallback: 'https://api.acedata.cloud', about: 'the origin of AceData Cloud' },
  ACEDATA_MAX_IN_FLIGHT: {
    schema: positive,
    fallback: '5',
    about: 'the maximum number of tasks in flight on the AceData account, for all three providers together',
  },
  ACEDATA_INERT_CALLBACK: {
    schema: httpUrl,
    fallback: '',
    about: 'an https address that answers anything and does nothing; default: /health at the AceData origin',
  },
  HAILUO_API_KEY: { schema: apiKey, fallback: '', about: 'an API key for Hailuo alone, as an account of its own' },
  PIKA_API_KEY: { schema: apiKey, fallback: '', about: 'an API key for Pika alone, as an account of its own' },
  LUMA_API_KEY: { schema: apiKey, fallback: '', about: 'an API key for Luma alone, as an account of its own' },
  ...Object.fromEntries(PROVIDER_NAMES.flatMap((name) => Object.entries(providerVariables(name.toUpperCase(), name)))),
};

function providerVariables(prefix: string, name: ProviderName): Record<string, Variable> {
  return {
    [`${prefix}_MAX_IN_FLIGHT`]: {
      schema: positive,
      fallback: '',
      about: `the maximum number of tasks of ${name} in flight; default: ${isOfAceData(name) ? "the AceData account's limit" : '5'}`,
    },
    [`${prefix}_FIRST_POLL_MS`]: { schema: milliseconds, fallback: '', about: `the time from the accepted submit to the first poll of ${name}` },
    [`${prefix}_POLL_MIN_MS`]: { schema: milliseconds, fallback: '', about: `the shortest pause between two polls of ${name}` },
    [`${prefix}_POLL_MAX_MS`]: { schema: milliseconds, fallback: '', about: `the longest pause between two polls of ${name}` },
    [`${prefix}_DEADLINE_MS`]: { schema: lifetime, fallback: '', about: `the time after which a generation of ${name} is overdue` },
    [`${prefix}_RESUBMIT_ABSENT`]: { schema: yesOrNo, fallback: '', about: `on or off: whether a submit of ${name} that was proved absent is sent again` },
  };
}

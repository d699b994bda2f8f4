/**
 * Every environment variable Dailies reads: its schema, its default, what it is for. `.env.example` is held against this table by a test.
 * Durations are milliseconds. Nothing is read here: load-config.ts does that.
 */
import { PROVIDER_NAMES, type ProviderName } from '@dailies/providers';
import { z } from 'zod';
import { isOfAceData } from './acedata.ts';
import { apiKeys } from './api-keys.ts';
import {
  apiKey,
  bytes,
  days,
  httpUrl,
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
    about: 'Redis to use instead of the embedded one: redis://, redis+sentinel:// or redis+cluster:// (rediss… with TLS)',
  },
  REDIS_REPLICAS: {
    schema: wholeNumber(0, 10),
    fallback: '0',
    about: 'replicas of a master that may be promoted: a paid submit, and every acceptance, waits until so many have it',
  },
  REDIS_TAG: {
    schema: text.regex(/^[A-Za-z0-9:._-]{1,60}$/, 'must be 1 to 60 of letters, digits, ":", ".", "_" and "-"'),
    fallback: 'dailies:0',
    about: 'hash tag of every key: two systems on one Redis need two tags',
  },
  SHARDS: {
    schema: wholeNumber(1, 64),
    fallback: '1',
    about:
      'parts of the ledger, spread over the masters of a Redis Cluster by account; the same for every process, and changed only by '
      + '`dailies doctor --shards`',
  },
  DAILIES_REDIS_SERVER: {
    schema: text,
    fallback: '',
    about: 'program of the embedded Redis, redis-server or valkey-server; default: the one that a shell would find',
  },
  DAILIES_DIR: { schema: text, fallback: '', about: 'folder of the embedded Redis and of rescue files; default: .dailies in the clone' },
  OUT_DIR: { schema: text, fallback: 'out', about: 'folder that services write results to, one folder a batch' },
  DAILIES_URL: { schema: httpUrl, fallback: '', about: 'HTTP API of another machine, from which `dailies results --download` fetches' },
  DAILIES_KEY: { schema: apiKey, fallback: '', about: 'API key for it' },
  S3_BUCKET: {
    schema: text.regex(/^[a-z0-9][a-z0-9._-]{1,62}$/i, 'must be the name of a bucket alone'),
    fallback: '',
    about: 'bucket that results go to instead of OUT_DIR, which then only stages downloads; none: OUT_DIR',
  },
  S3_ENDPOINT: { schema: httpUrl, fallback: '', about: 'origin of an S3-compatible service; none: AWS' },
  S3_REGION: {
    schema: text.regex(/^[A-Za-z0-9-]+$/, 'must be the name of a region'),
    fallback: 'us-east-1',
    about: 'region of the bucket; most other services than AWS take any',
  },
  S3_PREFIX: {
    schema: text.regex(/^[^/\\\s][^\\\s]*$/, 'must be a path without blanks that does not begin with a slash'),
    fallback: '',
    about: 'what the keys of all objects begin with, such as dailies/films',
  },
  S3_PATH_STYLE: { schema: yesOrNo, fallback: '', about: 'the bucket stands in the path, not in the host name; default: on with S3_ENDPOINT, else off' },
  S3_ACCESS_KEY_ID: { schema: apiKey, fallback: '', about: "id of the key for the bucket; none: the AWS client's own chain (profile, role of the machine)" },
  S3_SECRET_ACCESS_KEY: { schema: apiKey, fallback: '', about: 'secret of that key' },
  PORT: { schema: port, fallback: '3000', about: 'the port of the HTTP API' },
  API_HOST: {
    schema: text.regex(/^[A-Za-z0-9.:_-]+$/, 'must be the name or the IP address of a host'),
    fallback: '127.0.0.1',
    about: 'the address the HTTP API listens on; 0.0.0.0 in a container. Without API_KEYS it is always the loopback',
  },
  API_KEYS: { schema: apiKeys, fallback: '', about: 'who may use the HTTP API: name:scopes:sha256hex, separated by commas (`dailies keys create` makes one). A name may have two keys while one is exchanged' },
  API_RATE_PER_MINUTE: {
    schema: wholeNumber(0, 10_000_000),
    fallback: '60000',
    about: 'requests that each API key may make in a minute, per process; 0: no limit',
  },
  TRUST_PROXY: {
    schema: trustProxy,
    fallback: 'off',
    about: "reverse proxies before the HTTP API whose X-Forwarded headers count: how many, or their addresses (loopback, 10.0.0.0/8)",
  },
  DASHBOARD_PORT: { schema: port, fallback: '3001', about: 'the port of the dashboard' },
  WORKER_PORT: { schema: port, fallback: '3002', about: "the port of the worker's health endpoints" },
  WORKER_HOST: {
    schema: z.union([z.ipv4(), z.ipv6(), z.literal('localhost')], 'must be an IP address'),
    fallback: '127.0.0.1',
    about: "address of the worker's health endpoints and metrics; 0.0.0.0 in a container",
  },
  METRICS_TOKEN: {
    schema: z.string().regex(/^[\x21-\x7e]{16,}$/, 'must be at least 16 printable ASCII characters'),
    fallback: '',
    about: 'bearer token for /metrics; none: open on the port of the worker, behind the sign-in on that of the dashboard',
  },
  PRICES_FILE: { schema: text, fallback: '', about: 'price table for estimated spend (examples/prices.json shows one); none: nothing is estimated' },
  OTEL_EXPORTER_OTLP_ENDPOINT: {
    schema: httpUrl,
    fallback: '',
    about: 'collector that traces are sent to, OTLP over HTTP, such as http://localhost:4318; none: no traces',
  },
  DASHBOARD_USER: { schema: text, fallback: 'admin', about: 'user of the dashboard' },
  DASHBOARD_PASSWORD: { schema: secret, fallback: '', about: 'password of the dashboard; none: one is generated and printed once' },
  PUBLIC_URL: { schema: plainUrl, fallback: '', about: 'address under which the upstreams reach the HTTP API; turns callbacks on' },
  WEBHOOK_URL: { schema: httpUrl, fallback: '', about: 'where events go of what names no webhook of its own' },
  WEBHOOK_SECRET: {
    schema: signingSecrets,
    fallback: '',
    about: 'what signs webhooks, whsec_… (Standard Webhooks); two with a comma while it is changed: both sign',
  },
  DASHBOARD_USERS: {
    schema: text,
    fallback: '',
    about: 'further users of the dashboard, a comma between them: the lines that `dailies users create NAME --role ROLE` prints',
  },
  DASHBOARD_HOST: { schema: text, fallback: '127.0.0.1', about: 'address the dashboard listens on; another than this machine needs DASHBOARD_PASSWORD' },
  DASHBOARD_PROXIES: { schema: wholeNumber(0, 10), fallback: '0', about: 'reverse proxies in front of the dashboard, whose X-Forwarded headers are believed' },
  LEDGER_RETENTION_DAYS: { schema: days, fallback: '0', about: 'after which a finished generation shrinks to a stub (id, state, task, file); 0: never' },
  RESULT_RETENTION_DAYS: {
    schema: days,
    fallback: '0',
    about: 'after which the files of what succeeded are removed (those below OUT_DIR and in the bucket, not those of --out); 0: never',
  },
  JOB_RETENTION_DAYS: {
    schema: days,
    fallback: '7',
    about:
      'after which finished jobs leave Bull Board, which keeps 500 completed ones of a day and 1,000 failed ones of a week at the most, '
      + 'of each queue; 0: no sooner than these',
  },
  LOG_LEVEL: {
    schema: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'], 'is no level'),
    fallback: 'info',
    about: 'one of trace, debug, info, warn, error, fatal, silent',
  },
  WORKER_CONCURRENCY: { schema: positive, fallback: '50', about: 'polls, and downloads, that one worker process does at the same time' },
  STOP_DEADLINE_MS: { schema: milliseconds, fallback: '45000', about: 'how long a stop waits; at least the submit time-out and 10 s' },
  UPSTREAM_TIMEOUT_MS: { schema: patience, fallback: '30000', about: 'time-out of one request to an upstream' },
  SETTLE_AFTER_MS: { schema: patience, fallback: '30000', about: 'when absence may be concluded after a submit whose end was seen; of AceData, whose tasks may show late, four times as long' },
  SETTLE_SILENT_MS: { schema: patience, fallback: '180000', about: 'the same, when the one who sent it fell silent' },
  POLL_LEARNED: {
    schema: yesOrNo,
    fallback: 'on',
    about: 'polls follow what was learned of how long tasks of their kind take; off: backoff between the shortest and the longest pause',
  },
  POLL_COST_SECONDS: {
    schema: z.coerce.number('must be a number').min(0).max(3600),
    fallback: '2',
    about: 'seconds of delay that one poll is worth: more of them, fewer polls',
  },
  RESUBMIT_UNBILLED: {
    schema: wholeNumber(0, 20),
    fallback: '2',
    about: 'how often a task is submitted again that the upstream failed and, by its own word, bills nothing for',
  },
  RESUBMIT_AFTER_MS: { schema: milliseconds, fallback: '30000', about: 'the wait before that; doubled the second time' },
  MAX_DOWNLOAD_BYTES: { schema: bytes.min(1), fallback: String(2 * 1024 ** 3), about: 'the largest file that is downloaded, in bytes; default: 2 GiB' },
  DOWNLOAD_STALL_MS: { schema: milliseconds.min(1), fallback: '30000', about: 'time without a byte after which a download counts as cut' },
  DOWNLOAD_RETRY_MS: { schema: milliseconds, fallback: '1000', about: 'pause after the first failed fetch of a file; doubles up to a minute' },
  DISK_RESERVE_BYTES: {
    schema: bytes,
    fallback: String(1024 ** 3),
    about: 'downloads wait while less than this, or than twice the AOF of the embedded Redis, is free; default: 1 GiB',
  },
  ALLOW_PRIVATE_ADDRESSES: {
    schema: yesOrNo,
    fallback: 'off',
    about: 'asset links and webhooks may use plain http and private addresses (tests, internal networks)',
  },
  ALLEGRO_API_KEY: { schema: apiKey, fallback: '', about: 'key of Allegro (Rhymes AI)' },
  ALLEGRO_BASE_URL: { schema: httpUrl, fallback: 'https://api.rhymes.ai', about: 'origin of Allegro' },
  KLING_API_KEY: { schema: apiKey, fallback: '', about: "key of Kling through Cloudsway's MaaS_KL" },
  KLING_BASE_URL: { schema: httpUrl, fallback: 'https://genaiapi.cloudsway.net', about: 'origin of Cloudsway' },
  KLING_ENDPOINT_PATH: {
    schema: text.regex(/^[A-Za-z0-9._~-]+$/, 'must be the opaque id alone, without slashes'),
    fallback: '',
    about: 'the id in /v1/ai/{id}/kling, from the Cloudsway console',
  },
  KLING_CALLBACK_SECRET: {
    schema: signingSecrets,
    fallback: '',
    about: "what signs Kling's callbacks, whsec_…: with it, only signed ones are heard; two with a comma while it is changed: either will do",
  },
  ACEDATA_API_KEY: { schema: apiKey, fallback: '', about: 'key of AceData Cloud, for Hailuo, Pika and Luma' },
  ACEDATA_BASE_URL: { schema: httpUrl, fallback: 'https://api.acedata.cloud', about: 'origin of AceData Cloud' },
  ACEDATA_MAX_IN_FLIGHT: { schema: positive, fallback: '5', about: 'tasks in flight on the AceData account, all three providers together' },
  ACEDATA_INERT_CALLBACK: {
    schema: httpUrl,
    fallback: '',
    about: 'https address that answers anything and does nothing; default: /health at the AceData origin',
  },
  HAILUO_API_KEY: { schema: apiKey, fallback: '', about: 'a key for Hailuo alone: its own account' },
  PIKA_API_KEY: { schema: apiKey, fallback: '', about: 'a key for Pika alone: its own account' },
  LUMA_API_KEY: { schema: apiKey, fallback: '', about: 'a key for Luma alone: its own account' },
  ...Object.fromEntries(PROVIDER_NAMES.flatMap((name) => Object.entries(providerVariables(name.toUpperCase(), name)))),
};

function providerVariables(prefix: string, name: ProviderName): Record<string, Variable> {
  return {
    [`${prefix}_MAX_IN_FLIGHT`]: {
      schema: positive,
      fallback: '',
      about: `the most tasks of ${name} in flight; default: ${isOfAceData(name) ? "the AceData account's limit" : '5'}`,
    },
    [`${prefix}_FIRST_POLL_MS`]: { schema: milliseconds, fallback: '', about: `from the accepted submit to the first poll of ${name}` },
    [`${prefix}_POLL_MIN_MS`]: { schema: milliseconds, fallback: '', about: `shortest pause between two polls of ${name}` },
    [`${prefix}_POLL_MAX_MS`]: { schema: milliseconds, fallback: '', about: `longest pause between two polls of ${name}` },
    [`${prefix}_DEADLINE_MS`]: { schema: milliseconds, fallback: '', about: `after which a generation of ${name} is overdue` },
    [`${prefix}_RESUBMIT_ABSENT`]: { schema: yesOrNo, fallback: '', about: `whether a submit of ${name} that was proved absent is sent again` },
  };
}

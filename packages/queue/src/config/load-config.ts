/**
 * Reads the environment into a Config. Pure: the environment is an argument. Every fault is reported at once, by its variable.
 */
import path from 'node:path';
import { PROVIDERS, PROVIDER_NAMES, type ProviderName } from '@dailies/providers';
import type { ApiKey } from './api-keys.ts';
import type { Account, Config, ProviderConfig } from './config.ts';
import { readS3 } from './s3.ts';
import { webhookFault } from '../webhooks/webhook-url.ts';
import { readDashboardUsers } from './dashboard-user.ts';
import { Secret } from './secret.ts';
import { VARIABLES } from './variables.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly faults: readonly string[];

  constructor(faults: readonly string[]) {
    super(`The configuration has ${faults.length === 1 ? 'a fault' : `${faults.length} faults`}:\n${faults.map((fault) => `  ${fault}`).join('\n')}`);
    this.faults = faults;
  }
}

/** `root`: the clone, against which relative folders of the state are resolved. `cwd`: against which OUT_DIR is. */
export function loadConfig(environment: Environment, places: { root: string; cwd: string }): Config {
  const faults: string[] = [];
  const read = (name: string): unknown => {
    const variable = VARIABLES[name];
    if (variable === undefined) throw new Error(`${name} is not in the table of variables`);
    const text = environment[name]?.trim() || variable.fallback;
    if (text === '') return undefined;
    const result = variable.schema.safeParse(text);
    if (result.success) return result.data;
    const shown = /KEY|PASSWORD|SECRET|URL|ENDPOINT|TOKEN/.test(name) ? '' : ` (found ${JSON.stringify(text)})`;
    faults.push(`${name}: ${result.error.issues[0]?.message ?? 'is not valid'}${shown}. It is ${variable.about}.`);
    return undefined;
  };
  const word = (name: string): string | undefined => read(name) as string | undefined;
  const amount = (name: string): number | undefined => read(name) as number | undefined;
  const number = (name: string): number => amount(name) ?? 0;
  const yes = (name: string): boolean | undefined => read(name) as boolean | undefined;
  const secretOf = (name: string): Secret | null => {
    const value = word(name);
    return value === undefined ? null : new Secret(value);
  };

  const aceData = (name: ProviderName): Account | null => {
    const own = secretOf(`${name.toUpperCase()}_API_KEY`);
    const apiKey = own ?? secretOf('ACEDATA_API_KEY');
    const baseUrl = word('ACEDATA_BASE_URL');
    if (apiKey === null || baseUrl === undefined) return null;
    const inertCallback = word('ACEDATA_INERT_CALLBACK') ?? new URL('/health', baseUrl).href;
    return { ...account(own === null ? 'acedata' : name, baseUrl, apiKey, number('ACEDATA_MAX_IN_FLIGHT')), inertCallback };
  };
  const accountOf = (name: ProviderName, maxInFlight: number): Account | null => {
    if (name !== 'allegro' && name !== 'kling') return aceData(name);
    const apiKey = secretOf(`${name.toUpperCase()}_API_KEY`);
    const baseUrl = word(`${name.toUpperCase()}_BASE_URL`);
    if (apiKey === null || baseUrl === undefined) return null;
    if (name === 'allegro') return account(name, baseUrl, apiKey, maxInFlight);
    const endpointPath = word('KLING_ENDPOINT_PATH');
    if (endpointPath !== undefined) return { ...account(name, baseUrl, apiKey, maxInFlight), endpointPath };
    if (!faults.some((fault) => fault.startsWith('KLING_ENDPOINT_PATH'))) {
      faults.push(`KLING_ENDPOINT_PATH: is missing, but KLING_API_KEY is set. It is ${VARIABLES['KLING_ENDPOINT_PATH']?.about}.`);
    }
    return null;
  };
  const provider = (name: ProviderName): ProviderConfig => {
    const prefix = name.toUpperCase();
    const aceDataLimit = number('ACEDATA_MAX_IN_FLIGHT');
    const maxInFlight = amount(`${prefix}_MAX_IN_FLIGHT`) ?? (name === 'allegro' || name === 'kling' ? 5 : aceDataLimit);
    const { pace } = PROVIDERS[name];
    const minMs = amount(`${prefix}_POLL_MIN_MS`) ?? pace.minMs;
    const maxMs = amount(`${prefix}_POLL_MAX_MS`) ?? Math.max(pace.maxMs, minMs);
    if (maxMs < minMs) faults.push(`${prefix}_POLL_MAX_MS: is less than the shortest pause of ${minMs} ms. Raise it, or lower ${prefix}_POLL_MIN_MS.`);
    return {
      name,
      account: accountOf(name, maxInFlight),
      keyVariable: keyVariableOf(name, word('KLING_ENDPOINT_PATH') !== undefined),
      maxInFlight,
      pace: {
        ...pace,
        firstPollMs: amount(`${prefix}_FIRST_POLL_MS`) ?? pace.firstPollMs,
        minMs,
        maxMs,
        deadlineMs: amount(`${prefix}_DEADLINE_MS`) ?? pace.deadlineMs,
      },
      resubmitAbsent: yes(`${prefix}_RESUBMIT_ABSENT`) ?? name !== 'allegro',
    };
  };

  const stopDeadlineMs = number('STOP_DEADLINE_MS');
  const upstreamTimeoutMs = number('UPSTREAM_TIMEOUT_MS');
  if (stopDeadlineMs < upstreamTimeoutMs + 10_000) {
    faults.push(`STOP_DEADLINE_MS: ${stopDeadlineMs} is too short. A stop waits for submits under way: at least UPSTREAM_TIMEOUT_MS + 10000 = ${upstreamTimeoutMs + 10_000}.`);
  }
  const webhooks = { url: secretOf('WEBHOOK_URL'), secret: secretOf('WEBHOOK_SECRET') };
  const allowPrivateAddresses = yes('ALLOW_PRIVATE_ADDRESSES') ?? false;
  const unfit = webhooks.url === null ? null : webhookFault(webhooks.url.reveal(), { allowPrivateAddresses, signed: webhooks.secret !== null });
  if (unfit !== null) faults.push(`WEBHOOK_URL: ${unfit.message}. ${unfit.remedy}.`);
  const klingCallbacks = secretOf('KLING_CALLBACK_SECRET');
  const prices = word('PRICES_FILE');
  const config: Config = {
    redisUrl: secretOf('REDIS_URL'),
    redisServer: word('DAILIES_REDIS_SERVER'),
    redisTag: word('REDIS_TAG') ?? '',
    redisReplicas: number('REDIS_REPLICAS'),
    shards: amount('SHARDS') ?? 1,
    stateFolder: path.resolve(places.root, word('DAILIES_DIR') ?? '.dailies'),
    remote: { url: word('DAILIES_URL')?.replace(/\/+$/, '') ?? null, key: secretOf('DAILIES_KEY') },
    outFolder: path.resolve(places.cwd, word('OUT_DIR') ?? 'out'),
    s3: readS3({ word, secretOf, yes, isSet: (name) => (environment[name] ?? '').trim() !== '', fault: (text) => faults.push(text) }),
    port: number('PORT'),
    api: { host: word('API_HOST') ?? '', keys: (read('API_KEYS') as ApiKey[] | undefined) ?? [], ratePerMinute: number('API_RATE_PER_MINUTE'), trustProxy: trustProxyOf(word('TRUST_PROXY') ?? 'off') },
    dashboard: {
      host: word('DASHBOARD_HOST') ?? '127.0.0.1',
      port: number('DASHBOARD_PORT'),
      user: word('DASHBOARD_USER') ?? 'admin',
      password: secretOf('DASHBOARD_PASSWORD'),
      users: readDashboardUsers(word('DASHBOARD_USERS') ?? '', word('DASHBOARD_USER') ?? 'admin', faults),
      proxies: number('DASHBOARD_PROXIES'),
    },
    workerPort: number('WORKER_PORT'),
    workerHost: word('WORKER_HOST') ?? '127.0.0.1',
    retention: { ledgerDays: number('LEDGER_RETENTION_DAYS'), jobDays: number('JOB_RETENTION_DAYS'), resultDays: number('RESULT_RETENTION_DAYS') },
    logLevel: word('LOG_LEVEL') ?? 'info',
    workerConcurrency: amount('WORKER_CONCURRENCY') ?? 1,
    stopDeadlineMs,
    upstreamTimeoutMs,
    settleAfterMs: number('SETTLE_AFTER_MS'),
    settleSilentMs: number('SETTLE_SILENT_MS'),
    polling: { learned: yes('POLL_LEARNED') ?? true, costMs: 1000 * number('POLL_COST_SECONDS') },
    resubmit: { unbilled: number('RESUBMIT_UNBILLED'), afterMs: number('RESUBMIT_AFTER_MS') },
    download: {
      maxBytes: number('MAX_DOWNLOAD_BYTES'),
      stallMs: number('DOWNLOAD_STALL_MS'),
      retryMs: number('DOWNLOAD_RETRY_MS'),
      diskReserveBytes: number('DISK_RESERVE_BYTES'),
    },
    allowPrivateAddresses,
    publicUrl: word('PUBLIC_URL')?.replace(/\/+$/, '') ?? null,
    webhooks,
    callbackSecrets: klingCallbacks === null ? {} : { kling: klingCallbacks },
    pricesFile: prices === undefined ? null : path.resolve(places.cwd, prices),
    otlpEndpoint: word('OTEL_EXPORTER_OTLP_ENDPOINT') ?? null,
    metricsToken: secretOf('METRICS_TOKEN'),
    providers: Object.fromEntries(PROVIDER_NAMES.map((name) => [name, provider(name)])) as Record<ProviderName, ProviderConfig>,
  };
  if (faults.length > 0) throw new ConfigError([...new Set(faults)]);
  return Object.freeze(config);
}

function trustProxyOf(word: string): Config['api']['trustProxy'] {
  if (word.toLowerCase() === 'off') return false;
  return /^\d+$/.test(word) ? Number(word) : word.split(',').map((address) => address.trim());
}

function keyVariableOf(name: ProviderName, hasKlingPath: boolean): string {
  if (name === 'kling') return hasKlingPath ? 'KLING_API_KEY' : 'KLING_API_KEY and KLING_ENDPOINT_PATH';
  return name === 'allegro' ? 'ALLEGRO_API_KEY' : 'ACEDATA_API_KEY';
}

function account(name: string, baseUrl: string, apiKey: Secret, maxInFlight: number): Account {
  return { id: `${name}@${new URL(baseUrl).origin}`, name, baseUrl: baseUrl.replace(/\/+$/, ''), apiKey, maxInFlight };
}

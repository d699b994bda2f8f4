/**
 * Reads the environment into a Config. Pure: the environment is an argument. Every fault is reported at once, by its variable.
 */
import path from 'node:path';
import { PROVIDER_NAMES, type ProviderName } from '@dailies/providers';
import { webhookFault } from '../webhooks/webhook-url.ts';
import type { Config, ProviderConfig } from './config.ts';
import { readDashboardUsers } from './dashboard-user.ts';
import { readProvider } from './providers.ts';
import { type Environment, type Reader, readerOf } from './reader.ts';
import { readS3 } from './s3.ts';

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
  const reader = readerOf(environment);
  const { word, amount, number, yes, secretOf, keysOf, fault, faults } = reader;
  const [stopDeadlineMs, upstreamTimeoutMs] = [amount('STOP_DEADLINE_MS'), amount('UPSTREAM_TIMEOUT_MS')];
  // One of them that is faulty has its own fault.
  if (stopDeadlineMs !== undefined && upstreamTimeoutMs !== undefined && stopDeadlineMs < upstreamTimeoutMs + 10_000) {
    const least = `at least UPSTREAM_TIMEOUT_MS + 10000 = ${upstreamTimeoutMs + 10_000}`;
    fault(`STOP_DEADLINE_MS: ${stopDeadlineMs} is too short. A stop waits for submits under way: ${least}.`);
  }
  const allowPrivateAddresses = yes('ALLOW_PRIVATE_ADDRESSES') ?? false;
  const dashboardUser = word('DASHBOARD_USER') ?? 'admin';
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
    s3: readS3(reader),
    port: number('PORT'),
    api: {
      host: word('API_HOST') ?? '',
      keys: keysOf('API_KEYS'),
      ratePerMinute: number('API_RATE_PER_MINUTE'),
      trustProxy: trustProxyOf(word('TRUST_PROXY') ?? 'off'),
    },
    dashboard: {
      host: word('DASHBOARD_HOST') ?? '127.0.0.1',
      port: number('DASHBOARD_PORT'),
      user: dashboardUser,
      password: secretOf('DASHBOARD_PASSWORD'),
      users: readDashboardUsers(word('DASHBOARD_USERS') ?? '', dashboardUser, fault),
      proxies: number('DASHBOARD_PROXIES'),
    },
    workerPort: number('WORKER_PORT'),
    workerHost: word('WORKER_HOST') ?? '127.0.0.1',
    retention: { ledgerDays: number('LEDGER_RETENTION_DAYS'), jobDays: number('JOB_RETENTION_DAYS'), resultDays: number('RESULT_RETENTION_DAYS') },
    logLevel: word('LOG_LEVEL') ?? 'info',
    workerConcurrency: amount('WORKER_CONCURRENCY') ?? 1,
    stopDeadlineMs: stopDeadlineMs ?? 0,
    upstreamTimeoutMs: upstreamTimeoutMs ?? 0,
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
    webhooks: readWebhooks(reader, allowPrivateAddresses),
    callbackSecrets: callbackSecretsOf(reader),
    pricesFile: prices === undefined ? null : path.resolve(places.cwd, prices),
    otlpEndpoint: word('OTEL_EXPORTER_OTLP_ENDPOINT') ?? null,
    metricsToken: secretOf('METRICS_TOKEN'),
    providers: Object.fromEntries(PROVIDER_NAMES.map((name) => [name, readProvider(name, reader)])) as Record<ProviderName, ProviderConfig>,
  };
  if (faults.length > 0) throw new ConfigError([...new Set(faults)]);
  return Object.freeze(config);
}

function trustProxyOf(word: string): Config['api']['trustProxy'] {
  if (word.toLowerCase() === 'off') return false;
  return /^\d+$/.test(word) ? Number(word) : word.split(',').map((address) => address.trim());
}

function readWebhooks({ secretOf, fault }: Reader, allowPrivateAddresses: boolean): Config['webhooks'] {
  const [url, secret] = [secretOf('WEBHOOK_URL'), secretOf('WEBHOOK_SECRET')];
  const unfit = url === null ? null : webhookFault(url.reveal(), { allowPrivateAddresses, signed: secret !== null });
  if (unfit !== null) fault(`WEBHOOK_URL: ${unfit.message}. ${unfit.remedy}.`);
  return { url, secret };
}

function callbackSecretsOf({ secretOf }: Reader): Config['callbackSecrets'] {
  const kling = secretOf('KLING_CALLBACK_SECRET');
  return kling === null ? {} : { kling };
}

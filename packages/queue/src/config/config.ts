/**
 * The configuration of a process: one frozen object, read once (load-config.ts), printable without giving a secret away.
 */
import type { Pace, ProviderName } from '@dailies/providers';
import type { ApiKey } from './api-keys.ts';
import type { DashboardUser } from './dashboard-user.ts';
import type { Secret } from './secret.ts';

export interface Config {
  /** Null: the embedded Redis. */
  redisUrl: Secret | null;
  /** The program of the embedded Redis; undefined: the one that is found. */
  redisServer: string | undefined;
  redisTag: string;
  redisReplicas: number;
  /** Parts of the ledger, each with a hash tag of its own. */
  shards: number;
  /** Absolute. The embedded Redis, rescue files. */
  stateFolder: string;
  /** Absolute. Where services write results; with a bucket, where parts are staged. */
  outFolder: string;
  /** The API of another machine, which `dailies results --download` fetches from. */
  remote: { url: string | null; key: Secret | null };
  /** Null: results go to `outFolder`. */
  s3: S3Config | null;
  port: number;
  api: ApiConfig;
  dashboard: DashboardConfig;
  workerPort: number;
  workerHost: string;
  /** Days; 0: for ever. */
  retention: { ledgerDays: number; jobDays: number; resultDays: number };
  logLevel: string;
  workerConcurrency: number;
  stopDeadlineMs: number;
  upstreamTimeoutMs: number;
  settleAfterMs: number;
  settleSilentMs: number;
  /** Whether polls follow what was learned of how long tasks take, and how many milliseconds of delay one poll is worth. */
  polling: { learned: boolean; costMs: number };
  /** What the upstream failed unbilled: how often it is submitted again, and milliseconds before the first time. */
  resubmit: { unbilled: number; afterMs: number };
  download: DownloadConfig;
  allowPrivateAddresses: boolean;
  /** Where the upstreams reach the HTTP API, without a slash at its end; null: no callbacks. */
  publicUrl: string | null;
  webhooks: { url: Secret | null; secret: Secret | null };
  /** What signs the callbacks of a provider, where it is configured. */
  callbackSecrets: Partial<Record<ProviderName, Secret>>;
  /** Where traces go; null: nowhere. */
  otlpEndpoint: string | null;
  /** Absolute; null: nothing is estimated. */
  pricesFile: string | null;
  /** Bearer token of /metrics; null: open on the worker's port, behind the sign-in on the dashboard's. */
  metricsToken: Secret | null;
  providers: Record<ProviderName, ProviderConfig>;
}

interface DownloadConfig {
  /** The largest file that is downloaded. */
  maxBytes: number;
  /** Milliseconds without a byte after which a download counts as cut. */
  stallMs: number;
  /** Milliseconds after the first failed fetch of a generation's files; doubles up to a minute. */
  retryMs: number;
  /** Downloads wait while less than this is free on the disk of the results, or on that of the embedded Redis. */
  diskReserveBytes: number;
}

export interface S3Config {
  /** Undefined: AWS itself. */
  endpoint?: string;
  bucket: string;
  region: string;
  /** Without slashes at its ends; empty: none. */
  prefix: string;
  pathStyle: boolean;
  /** Null: what the official client finds by itself (environment, profile, role of the machine). */
  keys: { accessKeyId: Secret; secretAccessKey: Secret } | null;
}

interface ApiConfig {
  /** Where it listens, when there are keys. */
  host: string;
  /** Where there are none it listens on the loopback only, and asks for none. */
  keys: readonly ApiKey[];
  /** Requests of each key to each process; 0: no limit. */
  ratePerMinute: number;
  /** As Express takes it; false: whoever connects is the client. */
  trustProxy: false | number | string[];
}

interface DashboardConfig {
  host: string;
  port: number;
  user: string;
  /** Null: one is generated at every start. */
  password: Secret | null;
  /** Further users; `user` is one more, with the role admin. */
  users: readonly DashboardUser[];
  /** Reverse proxies in front of it. */
  proxies: number;
}

export interface ProviderConfig {
  name: ProviderName;
  /** Null: no key is configured. */
  account: Account | null;
  /** The variable that would give it one. */
  keyVariable: string;
  /** Tasks in flight of this provider. */
  maxInFlight: number;
  pace: Pace;
  resubmitAbsent: boolean;
}

/** What the upstream bills and limits: an API key at an origin. */
export interface Account {
  /** `<name>@<origin>`; part of Redis keys, and of every generation: only a worker configured for exactly that takes it. */
  id: string;
  name: string;
  baseUrl: string;
  apiKey: Secret;
  endpointPath?: string;
  inertCallback?: string;
  /** Tasks in flight of the whole account. */
  maxInFlight: number;
}

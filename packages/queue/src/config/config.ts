/**
 * The configuration of a process: one frozen object, read once (load-config.ts), printable without giving a secret away.
 */
import type { Pace, ProviderName } from '@dailies/providers';
import type { ApiKey } from './api-keys.ts';
import type { Secret } from './secret.ts';

export interface Config {
  /** Null: the embedded Redis. */
  redisUrl: Secret | null;
  redisTag: string;
  redisReplicas: number;
  /** Absolute. The embedded Redis, rescue files. */
  stateFolder: string;
  /** Absolute. Where services write results. */
  outFolder: string;
  port: number;
  api: ApiConfig;
  dashboard: { port: number; user: string; password: Secret | null };
  workerPort: number;
  /** Days; 0: for ever. */
  retention: { ledgerDays: number; jobDays: number };
  logLevel: string;
  workerConcurrency: number;
  stopDeadlineMs: number;
  upstreamTimeoutMs: number;
  settleAfterMs: number;
  settleSilentMs: number;
  allowPrivateAddresses: boolean;
  providers: Record<ProviderName, ProviderConfig>;
}

export interface ApiConfig {
  /** Where it listens, when there are keys. */
  host: string;
  /** None: it listens on the loopback only, and asks for none. */
  keys: readonly ApiKey[];
  /** Of each key and process; 0: no limit. */
  ratePerMinute: number;
  /** As Express takes it; false: whoever connects is the client. */
  trustProxy: false | number | string[];
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

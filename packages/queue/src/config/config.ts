/**
 * The configuration of a process: one frozen object, read once (load-config.ts), printable without giving a secret away.
 */
import type { Pace, ProviderName } from '@dailies/providers';
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
  dashboard: { port: number; user: string; password: Secret | null };
  workerPort: number;
  workerHost: string;
  /** Days; 0: for ever. */
  retention: { ledgerDays: number; jobDays: number };
  logLevel: string;
  workerConcurrency: number;
  stopDeadlineMs: number;
  upstreamTimeoutMs: number;
  settleAfterMs: number;
  settleSilentMs: number;
  /** What the upstream failed unbilled: how often it is submitted again, and milliseconds before the first time. */
  resubmit: { unbilled: number; afterMs: number };
  allowPrivateAddresses: boolean;
  /** Where traces go; null: nowhere. */
  otlpEndpoint: string | null;
  /** Absolute; null: nothing is estimated. */
  pricesFile: string | null;
  /** Bearer token of /metrics; null: open on the worker's port, behind the sign-in on the dashboard's. */
  metricsToken: Secret | null;
  providers: Record<ProviderName, ProviderConfig>;
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

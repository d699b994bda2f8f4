/**
 * The configuration of a process: one frozen object, read once (load-config.ts), printable without giving a secret away.
 */
import type { Pace, ProviderName } from '@dailies/providers';
import type { DashboardUser } from './dashboard-user.ts';
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
  dashboard: DashboardConfig;
  workerPort: number;
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
  providers: Record<ProviderName, ProviderConfig>;
}

interface DashboardConfig {
  host: string;
  port: number;
  user: string;
  /** Null: one is generated at every start. */
  password: Secret | null;
  /** Further ones; `user` is another, with the role admin. */
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

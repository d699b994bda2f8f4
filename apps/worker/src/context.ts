/** What every step of the worker is given: the ledger, the queues, the way to the upstreams. Nothing in here changes while it runs. */
import type { Provider, UpstreamHttp } from '@dailies/providers';
import type { Results } from '@dailies/results';
import type { Meter } from '@dailies/telemetry';
import type { AtCrashPoint } from './crash-points.ts';
import type { Account, Config, Generation, Log, Prices, ProviderConfig, Queues, Store } from '@dailies/queue';
import type { ReplicaGate } from './submit/replica-gate.ts';
import type { MeasuredProviders } from './measure/measured-provider.ts';
import type { CallbackTrust } from './callbacks/callback-trust.ts';
import type { Pacing } from './pacing/pacing.ts';

export interface WorkerContext {
  config: Config;
  store: Store;
  queues: Queues;
  http: UpstreamHttp;
  /** Where results go: a folder, or a bucket. */
  results: Results;
  providers: MeasuredProviders;
  meter: Meter;
  prices: Prices;
  /** When tasks are looked at. */
  pacing: Pacing;
  /** Whether callbacks have proved to arrive, and what that does to the polls. */
  callbacks: CallbackTrust;
  log: Log;
  /** What REDIS_REPLICAS asks for before a paid request. */
  replicas: ReplicaGate;
  /** Called with the stream id of an intent's event once the replicas have the intent: the ledger mark moves up to it (watch/ledger-mark.ts). */
  sawIntent: (event: string) => void;
  /** Aborted when the worker stops: free requests end at once, paid ones are awaited. */
  stopping: AbortSignal;
  /** Milliseconds for which a job stays with a worker that has fallen silent, before another one gets it. */
  lockMs: number;
  /** A named gap between two effects; does nothing outside of the chaos suite. */
  at: AtCrashPoint;
}

/** An upstream as this worker is configured for it: a provider with one account. Only a generation of exactly that account is worked on there. */
export interface Upstream {
  provider: Provider;
  settings: ProviderConfig;
  account: Account;
}

/** One delivery of a job. `token` is its lock token, unique, and part of `by`. */
export interface Delivery {
  id: string;
  seq: number;
  token: string;
  /** The first delivery of its job: when that was planned, in epoch milliseconds. */
  plannedAt?: number | undefined;
}

/** A generation in the hands of one delivery: what each part of a step is given. */
export interface Assignment {
  upstream: Upstream;
  generation: Generation;
  /** `<round>.<token of the delivery>`: by it a transition that ioredis has sent twice recognises itself. */
  by: string;
}

/** How a request reaches the account. `endpointPath`: the one that a task was submitted under, where another one may be configured by now. */
export function access({ account }: Upstream, endpointPath = account.endpointPath): { baseUrl: string; apiKey: string; endpointPath?: string | undefined } {
  return { baseUrl: account.baseUrl, apiKey: account.apiKey.reveal(), endpointPath };
}

import type { Fault } from './faults/fault.ts';
import type { ProviderAccount, ProviderName } from './task.ts';

/** What a simulator can be started with. Every default is what the vendors document, on a free port of the loopback. */
export interface SimulatorOptions {
  host?: string | undefined;
  /** 0: any free port. */
  port?: number | undefined;
  /** The second origin, which serves the videos. 0: any free port. */
  assetPort?: number | undefined;
  /** What links to videos begin with, when it is not the asset server's own address (another host name, a proxy). */
  assetOrigin?: string | undefined;
  /** Upstream time runs this many times faster. Clock times in answers stay real. */
  speed?: number | undefined;
  seed?: number | undefined;
  /** Accepted tasks are kept here and read again at the next start. */
  stateFile?: string | undefined;
  /** Tasks in flight per account (that is: per key; what is the same up to a `#` is one account). */
  limits?: Partial<Record<ProviderAccount, number>> | undefined;
  /** The only keys that are let in. Without it any bearer is. */
  keys?: readonly string[] | undefined;
  /** A fixed duration in upstream milliseconds instead of the provider's law. */
  durations?: Partial<Record<ProviderName, number>> | undefined;
  /** The probability that a task ends as failed. */
  failures?: number | undefined;
  /** What Kling does with an `external_task_id` that it has seen: not documented, so a choice. */
  duplicateExternalId?: 'reject' | 'accept' | undefined;
  /** How long a signed link works, in real milliseconds. It is signed anew with every answer. */
  linkLifeMs?: number | undefined;
  /** How many requests are remembered. */
  requestLogSize?: number | undefined;
  faults?: readonly Fault[] | undefined;
}

export interface Settings {
  readonly host: string;
  readonly port: number;
  readonly assetPort: number;
  readonly assetOrigin: string | undefined;
  readonly speed: number;
  readonly seed: number;
  readonly stateFile: string | undefined;
  readonly limits: Readonly<Record<ProviderAccount, number>>;
  readonly keys: readonly string[] | undefined;
  readonly durations: Partial<Record<ProviderName, number>>;
  readonly failures: number;
  readonly duplicateExternalId: 'reject' | 'accept';
  readonly linkLifeMs: number;
  readonly requestLogSize: number;
}

export function settle(options: SimulatorOptions): Settings {
  const speed = options.speed ?? 1;
  if (!(speed > 0)) throw new Error(`speed is ${speed}: give a number above 0, for example 30.`);
  const failures = options.failures ?? 0;
  if (!(failures >= 0 && failures <= 1)) throw new Error(`failures is ${failures}: give a probability from 0 to 1.`);
  return {
    host: options.host ?? '127.0.0.1',
    port: options.port ?? 0,
    assetPort: options.assetPort ?? 0,
    assetOrigin: options.assetOrigin?.replace(/\/+$/, ''),
    speed,
    seed: options.seed ?? 1,
    stateFile: options.stateFile,
    limits: { allegro: options.limits?.allegro ?? 50, kling: options.limits?.kling ?? 10, acedata: options.limits?.acedata ?? 5 },
    keys: options.keys,
    durations: options.durations ?? {},
    failures,
    duplicateExternalId: options.duplicateExternalId ?? 'reject',
    linkLifeMs: options.linkLifeMs ?? 24 * 3_600_000,
    requestLogSize: Math.max(1, options.requestLogSize ?? 100_000),
  };
}

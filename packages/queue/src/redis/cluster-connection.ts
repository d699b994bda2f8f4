/**
 * A connection to a Redis Cluster. While one of its slots moves, or has no master, Redis refuses what concerns that slot (TRYAGAIN,
 * CLUSTERDOWN). A patient connection asks again as long as it takes; a hurried one fails within its time-out. Both say so once, not at
 * each refusal.
 *
 * It must never keep a command for later whose caller was told that it failed.
 */
import type { Cluster, ClusterNode, Command, Redis } from 'ioredis';
import type { Log } from '../logging/log.ts';
import { AskingCluster, type ServerOptions, type Settings } from './asking-cluster.ts';
import type { RedisAddress } from './redis-address.ts';
import { retryDelay } from './retry-delay.ts';

interface Manner {
  isPatient: boolean;
  log: Log;
  /** The address as people may see it. */
  where: string;
}

export function openCluster({ places, login, tls }: Extract<RedisAddress, { kind: 'cluster' }>, manner: Manner, options: ServerOptions): Cluster {
  return new WatchedCluster(places, manner, options.commandTimeout, {
    clusterRetryStrategy: retryDelay,
    scaleReads: 'master',
    slotsRefreshInterval: 5_000,
    slotsRefreshTimeout: 2_000,
    // A slot may be between two nodes for hours. Counting redirections would turn that into errors.
    maxRedirections: Number.MAX_SAFE_INTEGER,
    // Two nodes that disagree would be asked in turn without a pause.
    retryDelayOnMoved: 20,
    retryDelayOnTryAgain: AGAIN_MS,
    retryDelayOnClusterDown: AGAIN_MS,
    // 0: a command that was in flight fails with its connection.
    retryDelayOnFailover: manner.isPatient ? AGAIN_MS : 0,
    // Certificates are for host names: resolving them beforehand would compare them with numbers.
    ...(tls ? { dnsLookup: (host, found) => found(null, host) } : {}),
    // A hurried command must not stand in the line of a node that is still loading.
    redisOptions: { ...options, enableReadyCheck: manner.isPatient, ...login, ...(tls ? { tls: {} } : {}) },
  });
}

/** Why this connection has to wait at the moment, in words; null: it does not. */
export function waitsForSlot(redis: Redis | Cluster): string | null {
  return redis instanceof WatchedCluster ? redis.waitsFor() : null;
}

const AGAIN_MS = 100;
/** Without a refusal for so long, the slot is served again. */
const QUIET_MS = 1_000;

/** By the first word of a refusal; SILENT: there is no answer at all. */
export const CLUSTER_WAITS = {
  TRYAGAIN: 'a slot of the Redis Cluster is moving to another node: what is in it waits until it is there',
  CLUSTERDOWN: 'a part of the Redis Cluster has no master: what is in it waits for a fail-over, or for the node to come back',
  SILENT: 'the node of the Redis Cluster that has it does not answer: what is in it waits for a fail-over, or for the node to come back',
} as const;
const WORDS: Readonly<Record<string, string>> = CLUSTER_WAITS;

class WatchedCluster extends AskingCluster {
  private readonly manner: Manner;
  private readonly commandTimeoutMs: number | undefined;
  private refusal: { why: string; at: number } | null = null;
  private quiet: NodeJS.Timeout | undefined;
  private readonly firstRefusals = new WeakMap<object, number>();

  constructor(places: ClusterNode[], manner: Manner, commandTimeoutMs: number | undefined, settings: Settings) {
    super(places, settings);
    this.manner = manner;
    this.commandTimeoutMs = commandTimeoutMs;
    this.on('end', () => clearTimeout(this.quiet));
  }

  waitsFor(): string | null {
    return this.refusal === null ? null : (WORDS[this.refusal.why] ?? null);
  }

  override sendCommand(command: Command, stream?: Parameters<Cluster['sendCommand']>[1], node?: unknown): unknown {
    if (this.manner.isPatient || command.name === 'cluster') return super.sendCommand(command, stream, node);
    if (command.isSettled) return command.promise;
    if (this.status !== 'ready') {
      command.reject(new Error("Stream isn't writeable: the Redis Cluster is not connected"));
      return command.promise;
    }
    // The time-out counts from here, not from when a node gets the command: a refused command is sent again, and its caller must not wait longer for that.
    if (this.commandTimeoutMs !== undefined) command.setTimeout(this.commandTimeoutMs);
    return super.sendCommand(command, stream, node);
  }

  /** ioredis calls it for every refusal of a command or a pipeline, before it decides what to do. */
  override handleError(error: Error, ttl: { value?: unknown }, handlers: { defaults(): void }): void {
    const [why = ''] = error.message.split(' ');
    if (why in WORDS) this.refused(why);
    if (this.isTooLate(ttl)) handlers.defaults();
    else super.handleError(error, ttl, handlers);
  }

  /** Whether a refused pipeline was tried for long enough: its own time-out begins anew with each try. `ttl` is the same object for all tries of it. */
  private isTooLate(ttl: object): boolean {
    if (this.manner.isPatient || this.commandTimeoutMs === undefined) return false;
    const since = this.firstRefusals.get(ttl) ?? Date.now();
    this.firstRefusals.set(ttl, since);
    return Date.now() + AGAIN_MS - since > this.commandTimeoutMs;
  }

  private refused(why: string): void {
    const { log, where } = this.manner;
    if (this.refusal?.why !== why) {
      log.warn({ redis: where }, WORDS[why] ?? why);
      this.refusal = { why, at: Date.now() };
    }
    this.refusal.at = Date.now();
    this.quiet ??= setTimeout(() => this.look(), QUIET_MS).unref();
  }

  private look(): void {
    if (this.refusal === null) return;
    const restMs = this.refusal.at + QUIET_MS - Date.now();
    this.quiet = restMs > 0 ? setTimeout(() => this.look(), restMs).unref() : undefined;
    if (restMs > 0) return;
    this.refusal = null;
    this.manner.log.info({ redis: this.manner.where }, 'every slot of the Redis Cluster is served again');
  }
}

/**
 * Enqueuing without HTTP, for Node services that share the Redis: the same checks, ids and answers as the HTTP API. It works on nothing
 * itself: a worker does (`npm start`). Nothing is accepted by halves, and a prompt is never paid twice because it was sent twice with one id.
 */
import { randomUUID } from 'node:crypto';
import { definedOnly, PROVIDER_NAMES } from '@dailies/providers';
import { loadConfig } from './config/load-config.ts';
import type { Environment } from './config/reader.ts';
import type { Config } from './config/config.ts';
import { acceptItems } from './intake/accept.ts';
import { checkBatchName } from './intake/batch-name.ts';
import { openImages } from './intake/images.ts';
import { countRepetitions } from './intake/repetitions.ts';
import { ownIds } from './intake/own-ids.ts';
import { rememberParameters } from './intake/parameters.ts';
import type { Configured } from './intake/prepare-item.ts';
import { type PreparedRequest, prepareRequest } from './intake/request.ts';
import { createSingles } from './intake/singles.ts';
import { createEventFeed } from './ledger/events/event-feed.ts';
import { type Batch, readBatch } from './ledger/batches.ts';
import { readGeneration } from './ledger/read.ts';
import { agreeOnShards } from './ledger/shard-count.ts';
import { createLog } from './logging/log.ts';
import { type CancelOutcome, cancelGeneration } from './operations/cancel.ts';
import { type PublicGeneration, publicGeneration } from './public-generation.ts';
import { IdTaken, InvalidRequest } from './producer-errors.ts';
import { openDesk } from './queues/open-desk.ts';
import { closeRedis, connectForProducer, connectForWorker, whenReady } from './redis/connection.ts';
import { waitFor } from './wait-for.ts';

export interface ProducerOptions {
  /** redis:// or rediss://, the Redis of the workers. */
  redisUrl: string;
  /** Hash tag of every key. Default: `dailies:0`. */
  tag?: string | undefined;
  /**
   * What names the accounts: base URLs, and whether Hailuo, Pika or Luma have keys of their own. Give the environment of the workers if it
   * says anything of those. Keys themselves are not needed, and not kept.
   */
  environment?: Environment | undefined;
  /** Recorded on what it creates, and whose fair turn a single request takes. Default: `node`. */
  name?: string | undefined;
}

/** What a prompt line has, and `batch` and `webhook` beside it. */
export interface ProducerRequest {
  provider: string;
  prompt?: string | undefined;
  model?: string | undefined;
  image?: string | undefined;
  params?: Record<string, unknown> | undefined;
  batch?: string | undefined;
  id?: string | undefined;
  priority?: number | undefined;
  metadata?: Record<string, unknown> | undefined;
  webhook?: string | undefined;
}

export interface Producer {
  /** Resolves when the ledger has it. The same `id` with the same request is the same generation. Throws InvalidRequest, IdTaken. */
  enqueue(request: ProducerRequest): Promise<PublicGeneration>;
  /**
   * All or none, any number. Known lines are known, new ones are added: also to a name that is known with others, which the API does with
   * `?append=true` alone (else 409). Throws InvalidRequest, IdTaken.
   */
  enqueueBatch(batch: string, requests: readonly ProducerRequest[]): Promise<Batch>;
  get(id: string): Promise<PublicGeneration | null>;
  /** Throws MayBeForgotten where it is canceled, and too few replicas have it. */
  cancel(id: string, options?: { collect?: boolean }): Promise<CancelOutcome>;
  /** Resolves when it can move no more by itself: terminal, unresolved or overdue; or, after `timeoutMs`, as it is then. */
  wait(id: string, options?: { timeoutMs?: number }): Promise<PublicGeneration>;
  close(): Promise<void>;
}

const CONNECT_MS = 5_000;
/** Less than the time-out of a command. What Redis accepted later than that would be accepted after its caller was told that it failed. */
const ACCEPT_WITHIN_MS = 1_900;

export async function createProducer(options: ProducerOptions): Promise<Producer> {
  const config = accountsOnly(options);
  const log = createLog({ level: 'error', name: 'producer' });
  const redis = connectForProducer(options.redisUrl, { name: 'producer', log });
  try {
    await whenReady(redis, CONNECT_MS);
  } catch (error) {
    redis.disconnect();
    throw error;
  }
  const desk = openDesk(redis, config, log);
  const { store } = desk;
  try {
    await agreeOnShards(store);
  } catch (error) {
    await desk.close();
    redis.disconnect();
    throw error;
  }
  const sender = { lane: `key:${options.name ?? 'node'}`, createdBy: options.name ?? 'node' };
  const accepting = {
    replicas: config.redisReplicas,
    withinMs: ACCEPT_WITHIN_MS,
    onHandOverFailed: (error: unknown) => log.warn({ fault: String(error) }, 'jobs are added later'),
  };
  const singles = createSingles(desk, accepting);
  const feed = createEventFeed(store, () => connectForWorker(options.redisUrl, { name: 'producer-events', log }));
  const jobs = new Set<Promise<void>>();

  function prepare(requests: readonly ProducerRequest[], batch: string | null): PreparedRequest[] {
    const repetition = countRepetitions();
    const context = {
      batch,
      single: batch === null,
      // `signed`: only the workers know WEBHOOK_SECRET, and it is taken that they have one.
      webhooks: { allowPrivateAddresses: config.allowPrivateAddresses, signed: true },
      images: openImages(null),
      configured: accountsOf(config),
      parameters: rememberParameters(),
      repetition: (canonical: string) => (batch === null ? randomUUID() : repetition(canonical)),
    };
    const ids = ownIds('request');
    const prepared = requests.map((request) => prepareRequest(definedOnly(request), context));
    const faults = prepared.flatMap((one, item) => ('faults' in one ? one.faults : ids.check(one.generation, item)).map((fault) => ({ ...fault, item })));
    if (faults.length > 0) throw new InvalidRequest(faults);
    return prepared.flatMap((one) => ('faults' in one ? [] : [one]));
  }

  async function existing(id: string): Promise<PublicGeneration> {
    const found = await readGeneration(store, id);
    if (found === null) throw new Error(`there is no generation ${id}`);
    return publicGeneration(found);
  }

  return {
    async enqueue(request) {
      const [item] = prepare([request], null);
      if (item === undefined) throw new Error('nothing was prepared');
      const { outcome } = await singles.accept(item, sender);
      if (outcome === 'conflict') throw new IdTaken(`${item.generation.id} stands for another request`);
      if (outcome === 'busy') throw new Error(`another intake of the batch ${item.batch} is under way; try again`);
      return existing(item.generation.id);
    },
    async enqueueBatch(batch, requests) {
      const wrong = checkBatchName(batch);
      if (wrong !== null) throw new InvalidRequest([{ item: 0, field: 'batch', message: wrong, remedy: 'Give another name' }]);
      const items = prepare(requests, batch);
      const { result, handedOver } = await acceptItems(desk, { batch, lane: batch, attended: false, createdBy: sender.createdBy, items }, accepting);
      if (result.outcome === 'busy') throw new Error(`another intake of the batch ${batch} is under way; try again`);
      if (result.outcome !== 'accepted') throw new IdTaken(`these ids stand for other requests: ${result.ids.join(', ')}`);
      const tracked = handedOver.finally(() => jobs.delete(tracked));
      jobs.add(tracked);
      const made = await readBatch(store, batch);
      if (made === null) throw new Error('a batch needs at least one request');
      return made;
    },
    async get(id) {
      const found = await readGeneration(store, id);
      return found === null ? null : publicGeneration(found);
    },
    cancel: (id, how) => cancelGeneration(desk, id, how),
    wait: (id, how) => waitFor(feed, id, () => existing(id), how),
    async close() {
      await Promise.all([singles.idle(), ...jobs]);
      feed.close();
      await desk.close();
      await closeRedis(redis, 2_000);
    },
  };
}

export function accountsOf(config: Config): Configured {
  return (provider) => {
    const { account, keyVariable } = config.providers[provider];
    return account === null ? { missing: keyVariable } : { account: account.id };
  };
}

/** Whoever only enqueues needs no key; an account is named by where it is. */
function accountsOnly({ environment = {}, tag, redisUrl }: ProducerOptions): Config {
  const named = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== undefined && value !== ''));
  const names = ['ALLEGRO_API_KEY', 'KLING_API_KEY', 'KLING_ENDPOINT_PATH', 'ACEDATA_API_KEY'];
  const placeholders = Object.fromEntries(names.map((name) => [name, 'not-needed-here']));
  const config = loadConfig({ ...placeholders, ...named, REDIS_URL: redisUrl, ...(tag === undefined ? {} : { REDIS_TAG: tag }) }, { root: '.', cwd: '.' });
  if (PROVIDER_NAMES.some((name) => config.providers[name].account === null)) throw new Error('an account has no name');
  return config;
}

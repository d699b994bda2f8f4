/**
 * The HTTP API as a service. It puts work into the ledger and reads it back; it works on nothing itself, so it may be stopped or missing at
 * any time. Without API keys it listens on the loopback only. While Redis is away it answers 503, and recovers by itself.
 */
import { setMaxListeners } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  closeServer, type Config, connectForProducer, connectForWorker, createEventFeed, createHttpService, createSingles, type HttpServiceParts, type Log, openDesk,
  rememberParameters,
} from '@dailies/queue';
import { openResults } from '@dailies/results';
import { countTransition, createMeter, createMetricsPage, measureRoundTrips, NO_TRACING, type Tracing } from '@dailies/telemetry';
import { createApplication } from './application.ts';
import { createCallbacks } from './callbacks/callbacks.ts';
import { createLimitedServer } from './http/server.ts';
import { answerUnreadable } from './http/unreadable.ts';
import type { ApiContext } from './api-context.ts';
import type { Operation } from './operation.ts';
import { type ApiDocument, makeDocument } from './openapi/document.ts';
import { docsOperations } from './openapi/docs-operations.ts';
import { allOperations } from './operations.ts';
import { scrape } from './service/scrape.ts';

export interface ApiOptions {
  config: Config;
  /** The Redis of the ledger: REDIS_URL, or the embedded one. */
  redisUrl: string;
  log: Log;
  version: string;
  /** Default: no traces. The caller opens and stops it. */
  tracing?: Tracing;
}

export interface ApiService {
  /** Resolves when it listens, even while Redis is away. `note`: what a person should know about the address. */
  start(): Promise<{ url: string; needsKeys: boolean; note: string | null }>;
  /** May be called twice, or before `start`. */
  stop(deadlineMs: number): Promise<void>;
}

/** Together with what a request does before and after Redis, this stays below the two seconds within which a caller must have an answer. */
const COMMAND_TIMEOUT_MS = 1_500;
/** A little less: whatever Redis did after this would be done for a caller who was told 503. */
const ACCEPT_WITHIN_MS = 1_400;
const LOOPBACK = '127.0.0.1';

export function createApi(options: ApiOptions): ApiService {
  const { config, log } = options;
  const service = createHttpService('the API', log);
  return {
    async start() {
      const needsKeys = config.api.keys.length > 0;
      const host = needsKeys ? config.api.host : LOOPBACK;
      const url = await service.start(openParts(options), { host, port: config.port, variables: { host: 'API_HOST', port: 'PORT' } });
      return { url, needsKeys, note: noteOf(config) };
    },
    stop: (deadlineMs) => service.stop(deadlineMs),
  };
}

function openParts({ config, redisUrl, log, version, tracing = NO_TRACING }: ApiOptions): HttpServiceParts {
  const redis = connectForProducer(redisUrl, { name: 'api', log, commandTimeoutMs: COMMAND_TIMEOUT_MS });
  // The connection has already reported that it is gone. Its queues would report it again at every attempt.
  const quietly = (fields: object, text: string): void => log.debug(fields, text);
  const desk = openDesk(redis, config, { info: quietly, warn: quietly }, tracing.bullmq);
  const meter = createMeter();
  for (const shard of desk.store.shards) shard.onChange = (change) => countTransition(meter, change);
  const endRoundTrips = measureRoundTrips(desk.store, meter);
  const feed = createEventFeed(desk.store, () => connectForWorker(redisUrl, { name: 'api-events', log }));
  const results = openResults(config);
  const stopping = new AbortController();
  // Each reader of events and each request under way adds a listener.
  setMaxListeners(0, stopping.signal);
  const under = new Set<Promise<void>>();
  const accepting = {
    replicas: config.redisReplicas,
    withinMs: ACCEPT_WITHIN_MS,
    onHandOverFailed: (error: unknown) => log.warn({ fault: String(error) }, 'jobs are added later'),
  };
  const api: ApiContext = {
    config,
    desk,
    feed,
    log,
    results,
    parameters: rememberParameters(),
    stopping: stopping.signal,
    accepting,
    singles: createSingles(desk, accepting),
    afterwards(work) {
      const tracked = work.finally(() => under.delete(tracked));
      under.add(tracked);
    },
  };
  const metrics = createMetricsPage(meter, desk.store, config);
  // Made when it is first asked for.
  let document: ApiDocument | undefined;
  const operations: Operation[] = [
    ...allOperations(api, metrics),
    ...docsOperations(() => (document ??= makeDocument(operations, version, config.api.keys.length > 0))),
  ];
  const application = createApplication(api, {
    operations,
    meter,
    tracing,
    scrape: scrape(metrics, config.metricsToken),
    callbacks: createCallbacks({ config, desk, log }),
  });
  const server = createLimitedServer(application);
  answerUnreadable(server, application);
  return {
    redis,
    store: desk.store,
    server,
    async stop(deadlineMs) {
      stopping.abort();
      const deadline = Date.now() + deadlineMs;
      await closeServer(server, deadlineMs);
      feed.close();
      endRoundTrips();
      // Without Redis neither may ever end. The workers' sweep does what is left undone.
      const left = Promise.all([api.singles.idle(), ...under]).then(() => desk.close());
      await Promise.race([left, sleep(Math.max(deadline - Date.now(), 1_000), undefined, { ref: false })]);
      redis.disconnect();
      results.close();
    },
  };
}

function noteOf({ api }: Config): string | null {
  if (api.keys.length > 0) return null;
  const open = 'no API_KEYS are configured, so it listens on this machine only (`dailies keys create` makes a key)';
  return api.host === LOOPBACK || api.host === 'localhost' ? open : `${open}; API_HOST=${api.host} does not count without keys`;
}

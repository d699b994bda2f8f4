/** The HTTP API as a process of its own: configuration → service → signals. `npm start` runs it together with the rest. */
import { ConfigError, createLog, endOnSignal, loadConfig, OtherShards } from '@dailies/queue';
import { openTracing } from '@dailies/telemetry';
import { findClone } from '../places.ts';
import { createApi } from './api.ts';

async function main(): Promise<void> {
  const { root, version } = findClone(import.meta.dirname);
  const config = loadConfig(process.env, { root, cwd: process.cwd() });
  if (config.redisUrl === null) {
    throw new ConfigError(['REDIS_URL: is missing. The API alone starts no Redis; `npm start` runs everything with an embedded one.']);
  }
  const log = createLog({ level: config.logLevel, name: 'api', pretty: process.stderr.isTTY });
  const tracing = await openTracing(config.otlpEndpoint, 'dailies-api');
  const api = createApi({ config, redisUrl: config.redisUrl.reveal(), log, version, tracing });

  const { url, needsKeys, note } = await api.start();
  log.info({ address: url, needsKeys, note }, 'API is up');

  endOnSignal({ stop: (deadlineMs) => api.stop(deadlineMs).then(() => tracing.stop()), deadlineMs: config.stopDeadlineMs, log });
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = error instanceof ConfigError || error instanceof OtherShards ? 2 : 1;
});

/** A worker as a process of its own: configuration, Redis, the service, signals. */
import { ConfigError, OtherShards, createLog, endOnSignal, loadConfig, loadPrices, startEmbeddedRedis } from '@dailies/queue';
import { fileURLToPath } from 'node:url';
import { openTracing } from '@dailies/telemetry';
import { makeStateFolder } from './state-folder.ts';
import { createWorker } from './worker.ts';

async function main(): Promise<void> {
  const root = fileURLToPath(new URL('../../../', import.meta.url));
  const config = loadConfig(process.env, { root, cwd: process.cwd() });
  // Read here as well, so that a fault in the price table is reported before anything is started.
  const { doubts } = loadPrices(config.pricesFile);
  const log = createLog({ level: config.logLevel, name: 'worker', pretty: process.stderr.isTTY });
  for (const doubt of doubts) log.warn(doubt);
  if (config.redisUrl === null) await makeStateFolder(config.stateFolder, 0o700);
  const embedded = config.redisUrl === null ? await startEmbeddedRedis({ folder: config.stateFolder, log, binary: config.redisServer }) : null;
  const redisUrl = config.redisUrl?.reveal() ?? embedded?.url ?? '';
  const tracing = await openTracing(config.otlpEndpoint, 'dailies-worker');
  const worker = createWorker({ config, redisUrl, log, healthPort: config.workerPort, tracing });

  const stop = async (deadlineMs: number): Promise<void> => {
    await worker.stop(deadlineMs);
    await tracing.stop();
    await embedded?.release();
  };
  endOnSignal({ stop, deadlineMs: config.stopDeadlineMs, log });
  try {
    await worker.start();
  } catch (error) {
    // Some shards may have started already: their paid requests are awaited, and their outcome written down, before this process ends.
    await stop(config.stopDeadlineMs);
    throw error;
  }
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(error instanceof ConfigError || error instanceof OtherShards ? 2 : 1);
});

/** A worker as a process of its own: configuration, Redis, the service, signals. */
import { createLog, loadConfig, startEmbeddedRedis } from '@dailies/queue';
import { fileURLToPath } from 'node:url';
import { createWorker } from './worker.ts';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const config = loadConfig(process.env, { root, cwd: process.cwd() });
const log = createLog({ level: config.logLevel, name: 'worker', pretty: process.stderr.isTTY });
const embedded = config.redisUrl === null ? await startEmbeddedRedis({ folder: config.stateFolder, log }) : null;
const redisUrl = config.redisUrl?.reveal() ?? embedded?.url ?? '';
const worker = createWorker({ config, redisUrl, log, healthPort: config.workerPort });

async function stop(signal: string): Promise<void> {
  log.info({ signal }, 'stopping: waits for what is under way');
  await worker.stop(config.stopDeadlineMs);
  await embedded?.release();
}
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => void stop(signal));
await worker.start();

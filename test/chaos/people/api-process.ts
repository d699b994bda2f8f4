/** A real API, as a process that the chaos suite kills; composed as `apps/producer/src/api/main.ts` does it, with nothing left out. */
import { writeSync } from 'node:fs';
import { createLog, loadConfig } from '@dailies/queue';
import { createApi } from '../../../apps/producer/src/api/index.ts';
import type { WorkerOrder } from '../order.ts';

const order = JSON.parse(process.argv[2] ?? '') as WorkerOrder;
// The one who started us is gone: nobody would ever end us.
process.stdin.resume().on('end', () => process.exit(1));

const config = loadConfig(order.environment, { root: order.folder, cwd: order.folder });
const api = createApi({ config, redisUrl: order.redisUrl, log: createLog({ level: config.logLevel, name: 'api' }), version: '0.0.0' });
const { url } = await api.start();
writeSync(1, `${url}\n`);

/** Puts prompts into the bare pipeline, a thousand a call, and says how long that took. */
import { Queue } from 'bullmq';
import type { Enqueued } from './contestant.ts';

const [redisUrl = '', group = '', count = '0'] = process.argv.slice(2);
const queue = new Queue('submit', { connection: { url: redisUrl } });
await queue.waitUntilReady();
const jobs = Array.from({ length: Number(count) }, (_, at) => ({ name: 'submit', data: { prompt: `${group}/${at}` } }));

const startedAt = performance.now();
for (let at = 0; at < jobs.length; at += 1_000) await queue.addBulk(jobs.slice(at, at + 1_000));
const seconds = (performance.now() - startedAt) / 1000;

process.send?.({ acceptedSeconds: seconds, readySeconds: seconds } satisfies Enqueued);
await queue.close();
process.exit(0);

/** Puts prompts into pg-boss, a thousand a call. */
import { openBoss } from './pg-boss-queues.ts';

const [url = '', group = '', count = '0'] = process.argv.slice(2);
const boss = await openBoss(url, false);
const jobs = Array.from({ length: Number(count) }, (_, at) => ({ data: { prompt: `${group}/${at}` } }));

const startedAt = performance.now();
for (let at = 0; at < jobs.length; at += 1_000) await boss.insert('submit', jobs.slice(at, at + 1_000));
const seconds = (performance.now() - startedAt) / 1000;

process.send?.({ acceptedSeconds: seconds, readySeconds: seconds });
await boss.stop({ graceful: false });
process.exit(0);

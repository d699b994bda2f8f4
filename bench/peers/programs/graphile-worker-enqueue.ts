/** Puts prompts into graphile-worker, a thousand a call. */
import { makeWorkerUtils } from 'graphile-worker';

const [url = '', group = '', count = '0'] = process.argv.slice(2);
const utils = await makeWorkerUtils({ connectionString: url });
await utils.migrate();
const jobs = Array.from({ length: Number(count) }, (_, at) => ({ identifier: 'submit', payload: { prompt: `${group}/${at}` } }));

const startedAt = performance.now();
for (let at = 0; at < jobs.length; at += 1_000) await utils.addJobs(jobs.slice(at, at + 1_000));
const seconds = (performance.now() - startedAt) / 1000;

process.send?.({ acceptedSeconds: seconds, readySeconds: seconds });
await utils.release();
process.exit(0);

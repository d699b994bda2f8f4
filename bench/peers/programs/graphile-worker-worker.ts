/**
 * The pipeline on graphile-worker: jobs are fetched in batches into its local queue, completed in batches, looked for every 50 ms. A worker that
 * was killed keeps its jobs locked for four hours; whoever starts the only worker again frees them first, as its documentation says.
 */
import { makeWorkerUtils, run } from 'graphile-worker';
import { createVideoApi } from '../../pipeline/video-api.ts';
import { CONCURRENCY, FIRST_POLL_MS, POLL_MS } from '../../pipeline/workload.ts';

interface Prompt {
  prompt: string;
}

interface Task extends Prompt {
  task: string;
}

const [url = '', upstreamUrl = '', outFolder = ''] = process.argv.slice(2);
const api = createVideoApi(upstreamUrl, outFolder);
const later = (ms: number): { runAt: Date } => ({ runAt: new Date(Date.now() + ms) });

const utils = await makeWorkerUtils({ connectionString: url });
await utils.migrate();
const LOCKED = 'select distinct locked_by from graphile_worker._private_jobs where locked_by is not null';
const locked = await utils.withPgClient((client) => client.query<{ locked_by: string }>(LOCKED));
await utils.forceUnlockWorkers(locked.rows.map((row) => row.locked_by));
await utils.release();

await run({
  preset: {
    worker: {
      connectionString: url,
      concurrentJobs: 2 * CONCURRENCY,
      maxPoolSize: 20,
      pollInterval: 50,
      localQueue: { size: 4 * CONCURRENCY },
      completeJobBatchDelay: 0,
      failJobBatchDelay: 0,
    },
  },
  taskList: {
    async submit(payload, { addJob }) {
      const { prompt } = payload as Prompt;
      await addJob('poll', { prompt, task: await api.submit(prompt) }, later(FIRST_POLL_MS));
    },
    async poll(payload, { addJob }) {
      const { prompt, task } = payload as Task;
      const link = await api.poll(task);
      if (link === null) await addJob('poll', { prompt, task }, later(POLL_MS));
      else await api.store(prompt, link);
    },
  },
});
process.send?.('ready');

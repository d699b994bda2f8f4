/**
 * The pipeline as a DBOS workflow of steps. What sleeps holds a place of its queue, so that has twenty times the others' concurrency. Started
 * again with the same name and version, it recovers its workflows from their last finished step.
 */
import { DBOS } from '@dbos-inc/dbos-sdk';
import { createVideoApi } from '../../pipeline/video-api.ts';
import { CONCURRENCY, FIRST_POLL_MS, POLL_MS } from '../../pipeline/workload.ts';

const [url = '', upstreamUrl = '', outFolder = ''] = process.argv.slice(2);
const api = createVideoApi(upstreamUrl, outFolder);

DBOS.registerWorkflow(
  async (prompt: string) => {
    const task = await DBOS.runStep(() => api.submit(prompt), { name: 'submit' });
    let link: string | null = null;
    for (let wait = FIRST_POLL_MS; link === null; wait = POLL_MS) {
      await DBOS.sleepms(wait);
      link = await DBOS.runStep(() => api.poll(task), { name: 'poll' });
    }
    const found = link;
    await DBOS.runStep(() => api.store(prompt, found), { name: 'store' });
  },
  { name: 'video' },
);

DBOS.setConfig({ name: 'bench', systemDatabaseUrl: url, systemDatabasePoolSize: 20, applicationVersion: 'bench', executorID: 'bench', logLevel: 'warn' });
await DBOS.launch();
await DBOS.registerQueue('videos', { workerConcurrency: 20 * CONCURRENCY, minPollingIntervalMs: 50 });
process.send?.('ready');

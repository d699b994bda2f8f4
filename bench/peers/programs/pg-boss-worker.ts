/**
 * The pipeline on pg-boss: batches of fifty are fetched, worked on at once, followed up by one insert and settled by one statement, and fetched
 * again without a pause while they come back full. Four fetchers a queue, so that somebody looks more often than every half second.
 */
import { createVideoApi } from '../../pipeline/video-api.ts';
import { CONCURRENCY, FIRST_POLL_MS, POLL_MS } from '../../pipeline/workload.ts';
import { openBoss } from './pg-boss-queues.ts';

const [url = '', upstreamUrl = '', outFolder = ''] = process.argv.slice(2);
const api = createVideoApi(upstreamUrl, outFolder);
const boss = await openBoss(url, true);
const options = { batchSize: CONCURRENCY, localConcurrency: 4, pollingIntervalSeconds: 0.5, burstWhenBatchFull: true };
const later = (ms: number): Date => new Date(Date.now() + ms);

await boss.work<{ prompt: string }>('submit', options, async (jobs) => {
  const polls = await Promise.all(jobs.map(async ({ data: { prompt } }) => {
    const task = await api.submit(prompt);
    return { data: { prompt, task }, startAfter: later(FIRST_POLL_MS) };
  }));
  await boss.insert('poll', polls);
});

await boss.work<{ prompt: string; task: string }>('poll', options, async (jobs) => {
  const looks = await Promise.all(jobs.map(async ({ data }) => {
    const link = await api.poll(data.task);
    if (link !== null) await api.store(data.prompt, link);
    return link === null ? [{ data, startAfter: later(POLL_MS) }] : [];
  }));
  const polls = looks.flat();
  if (polls.length > 0) await boss.insert('poll', polls);
});
process.send?.('ready');

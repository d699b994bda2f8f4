/**
 * The smallest BullMQ pipeline that does the work: a job that submits, a delayed job that polls until the video is there and stores it.
 * BullMQ's defaults but for the concurrency. No ledger, no slots, no fencing: what is killed between the POST and its job is paid again.
 */
import { Queue, Worker } from 'bullmq';
import { createVideoApi } from './video-api.ts';
import { CONCURRENCY, FIRST_POLL_MS, POLL_MS } from './workload.ts';

const [redisUrl = '', upstreamUrl = '', outFolder = ''] = process.argv.slice(2);
const connection = { url: redisUrl };
const api = createVideoApi(upstreamUrl, outFolder);
const polls = new Queue<{ prompt: string; task: string }>('poll', { connection });

const submitter = new Worker<{ prompt: string }>(
  'submit',
  async ({ data: { prompt } }) => {
    const task = await api.submit(prompt);
    await polls.add('poll', { prompt, task }, { delay: FIRST_POLL_MS });
  },
  { connection, concurrency: CONCURRENCY },
);

const poller = new Worker<{ prompt: string; task: string }>(
  'poll',
  async ({ data: { prompt, task } }) => {
    const link = await api.poll(task);
    if (link !== null) return api.store(prompt, link);
    await polls.add('poll', { prompt, task }, { delay: POLL_MS });
  },
  { connection, concurrency: CONCURRENCY },
);

for (const worker of [submitter, poller]) worker.on('error', (error) => process.stderr.write(`${error.message}\n`));

/**
 * The bare pipeline with the least that the guarantees ask for, and nothing else of Dailies. Its speed is the best that Dailies could reach on this
 * machine. It writes an intent to disk before each POST, which has a connection of its own; writes the task to disk before its poll; writes down
 * each poll and each end; hashes and flushes the file, publishes it under its name, and flushes its folder. It has no slots, order, look-ups,
 * limits, pauses, manifest, events or log, and could not settle an intent that it finds.
 */
import { createHash } from 'node:crypto';
import { link, mkdir, open, unlink } from 'node:fs/promises';
import path from 'node:path';
import { Queue, Worker } from 'bullmq';
import { Redis } from 'ioredis';
import { Agent, Client, request } from 'undici';
import { createVideoApi, submitOver } from './video-api.ts';
import { CONCURRENCY, FIRST_POLL_MS, POLL_MS } from './workload.ts';

interface Work {
  prompt: string;
  task: string;
}

const [redisUrl = '', upstreamUrl = '', outFolder = ''] = process.argv.slice(2);
const connection = { url: redisUrl };
const ledger = new Redis(redisUrl, { maxRetriesPerRequest: null });
const api = createVideoApi(upstreamUrl, outFolder);
const assets = new Agent({ connections: 64 });
const polls = new Queue<Work>('poll', { connection });
const folders = new Set<string>();

/** Compare and set: changes the state only if it is still the one that was seen. */
const MOVE = `
if (redis.call('HGET', KEYS[1], 'state') or 'queued') ~= ARGV[1] then return 0 end
redis.call('HSET', KEYS[1], 'state', ARGV[2], 'at', ARGV[3], 'what', ARGV[4])
redis.call('RPUSH', KEYS[2], ARGV[2] .. '|' .. ARGV[3])
return 1
`;
ledger.defineCommand('move', { numberOfKeys: 2, lua: MOVE });

async function move(prompt: string, from: string, to: string, what = ''): Promise<void> {
  const { move: moved } = ledger as unknown as { move: (...args: string[]) => Promise<number> };
  if ((await moved.call(ledger, `g:${prompt}`, `h:${prompt}`, from, to, String(Date.now()), what)) !== 1) throw new Error(`${prompt} is not ${from}`);
}

const submitter = new Worker<{ prompt: string }>(
  'submit',
  async ({ data: { prompt } }) => {
    await move(prompt, 'queued', 'submitting');
    const client = new Client(upstreamUrl);
    const task = await submitOver(client, upstreamUrl, prompt);
    await client.destroy();
    await move(prompt, 'submitting', 'rendering', task);
    await polls.add('poll', { prompt, task }, { delay: FIRST_POLL_MS });
  },
  { connection, concurrency: CONCURRENCY },
);

const poller = new Worker<Work>(
  'poll',
  async ({ data: { prompt, task } }) => {
    const found = await api.poll(task);
    if (found === null) {
      await move(prompt, 'rendering', 'rendering');
      await polls.add('poll', { prompt, task }, { delay: POLL_MS });
      return;
    }
    await move(prompt, 'rendering', 'downloading', found);
    await move(prompt, 'downloading', 'succeeded', await store(prompt, found));
  },
  { connection, concurrency: CONCURRENCY },
);

/** Answers the checksum of the file that now stands, whole, under its name. */
async function store(prompt: string, source: string): Promise<string> {
  const file = path.join(outFolder, `${prompt}.mp4`);
  const folder = path.dirname(file);
  if (!folders.has(folder)) await mkdir(folder, { recursive: true });
  folders.add(folder);
  const answer = await request(source, { dispatcher: assets });
  const bytes = Buffer.from(await answer.body.arrayBuffer());
  const part = await open(`${file}.part`, 'w');
  await part.write(bytes);
  await part.sync();
  await part.close();
  await link(`${file}.part`, file);
  await unlink(`${file}.part`);
  const place = await open(folder, 'r');
  await place.sync();
  await place.close();
  return createHash('sha256').update(bytes).digest('hex');
}

for (const worker of [submitter, poller]) worker.on('error', (error) => process.stderr.write(`${error.message}\n`));

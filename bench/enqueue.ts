/** Putting work in: batches against a bare `queue.addBulk` of the same payloads in the same run, and single POSTs over HTTP. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { acceptItems, closeRedis, connectForWorker, createLog, JOB_NAMES, openQueues, openStore } from '@dailies/queue';
import { createApi } from '../apps/producer/src/api/index.ts';
import type { Told } from './record.ts';
import { median, rounded } from './statistics.ts';
import { openScene } from './scene.ts';

const ROUNDS = 5;

/** Per second: bare addBulk, our batches until they are accepted, and until their jobs are there as well. */
export async function batchesAgainstAddBulk(items: number): Promise<Told> {
  const scene = await openScene({}, {});
  const log = createLog({ level: 'silent', name: 'bench' });
  const redis = connectForWorker(scene.redisUrl, { name: 'bench-bare', log });
  const queues = openQueues(openStore(redis, 'bare'), log);
  const figures: { bare: number; accepted: number; jobs: number }[] = [];
  try {
    for (let round = 0; round < ROUNDS; round += 1) {
      const prepared = scene.items(items, `r${round}`);
      const jobs = prepared.map(({ generation: { id, ask } }) => ({
        name: JOB_NAMES.submit,
        data: { v: 1 as const, id, seq: 1, title: ask.prompt ?? '' },
        opts: { jobId: `${id}-1`, priority: 500_001 },
      }));
      const bareMs = await timed(async () => {
        for (let at = 0; at < jobs.length; at += 1_000) await queues.get('hailuo-submit').addBulk(jobs.slice(at, at + 1_000));
      });
      const startedAt = performance.now();
      const batch = `bench-${round}`;
      const accepted = await acceptItems(scene, { batch, lane: batch, attended: false, items: prepared }, { replicas: 0 });
      const acceptedMs = performance.now() - startedAt;
      await accepted.handedOver;
      figures.push({ bare: items / bareMs, accepted: items / acceptedMs, jobs: items / (performance.now() - startedAt) });
    }
    const each = (pick: (figure: (typeof figures)[number]) => number): number => rounded(median(figures.map(pick)) * 1000);
    const [base, accepted, jobs] = [each((one) => one.bare), each((one) => one.accepted), each((one) => one.jobs)];
    const [ratio, ratioWithJobs] = [rounded(accepted / base), rounded(jobs / base)];
    return {
      line: [
        `${items} items: bare addBulk ${base.toFixed(0)}/s`, `accepted (202) ${accepted.toFixed(0)}/s, ratio ${ratio}`,
        `with their jobs ${jobs.toFixed(0)}/s, ratio ${ratioWithJobs}`,
      ].join('; '),
      figures: { items, rounds: ROUNDS, addBulkPerSecond: base, acceptedPerSecond: accepted, withJobsPerSecond: jobs, ratio, ratioWithJobs },
    };
  } finally {
    await queues.close();
    await closeRedis(redis, 1_000);
    await scene.close();
  }
}

export async function singlePosts(count: number, connections: number): Promise<Told> {
  const scene = await openScene({}, { PORT: '0' });
  const api = createApi({ config: scene.config, redisUrl: scene.redisUrl, log: createLog({ level: 'info', name: 'bench' }), version: '0' });
  try {
    const { url } = await api.start();
    await storm(url, 500, connections);
    const { perSecond: rate, statuses, median: middle, p99 } = await storm(url, count, connections);
    return {
      line: [
        `${count} POSTs over ${connections} connections: ${rate.toFixed(0)}/s`, `median ${middle.toFixed(1)} ms`, `p99 ${p99.toFixed(1)} ms`,
        `answers ${JSON.stringify(statuses)}`,
      ].join(', '),
      figures: { count, connections, perSecond: rounded(rate), medianMs: rounded(middle), p99Ms: rounded(p99), statuses },
    };
  } finally {
    await api.stop(5_000);
    await scene.close();
  }
}

interface Storm {
  perSecond: number;
  statuses: Record<string, number>;
  median: number;
  p99: number;
}

async function storm(url: string, count: number, connections: number): Promise<Storm> {
  const program = fileURLToPath(new URL('post-storm.ts', import.meta.url));
  const child = spawn(process.execPath, [...process.execArgv, program, url, String(count), String(connections)], { stdio: ['ignore', 'pipe', 'inherit'] });
  let said = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  await once(child, 'close');
  return JSON.parse(said) as Storm;
}

async function timed(work: () => Promise<void>): Promise<number> {
  const startedAt = performance.now();
  await work();
  return performance.now() - startedAt;
}

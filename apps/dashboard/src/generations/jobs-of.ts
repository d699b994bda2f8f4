/** The jobs of a generation's last stages that BullMQ still keeps: for links to Bull Board, and for their logs. */
import { answersOf, type Desk, deskAt, DOWNLOAD_QUEUE, type Generation, jobId, pollQueue, submitQueue } from '@dailies/queue';
import { shownQueue } from '../board/board-path.ts';

export interface KeptJob {
  queue: string;
  id: string;
  logs: string[];
}

const LAST_GOES = 12;
const MOST_LINES = 50;

export async function jobsOf(ledger: Desk, { id, seq, provider, shard = 0 }: Generation): Promise<KeptJob[]> {
  const desk = deskAt(ledger, shard);
  const { redis, keys } = desk.store;
  const goes = Array.from({ length: Math.min(seq, LAST_GOES) }, (_, at) => seq - at);
  const places = goes.flatMap((go) => [submitQueue(provider), pollQueue(provider), DOWNLOAD_QUEUE].map((queue) => ({ queue, id: jobId(id, go) })));
  const pipeline = redis.pipeline();
  for (const place of places) pipeline.exists(`${keys.prefix}:${place.queue}:${place.id}`);
  const there = await answersOf(pipeline);
  const kept = places.filter((_, at) => there[at] === 1);
  return Promise.all(
    kept.map(async (place) => {
      const { logs } = await desk.queues.get(place.queue).getJobLogs(place.id, -MOST_LINES, -1);
      return { ...place, queue: shownQueue(place.queue, shard), logs };
    }),
  );
}

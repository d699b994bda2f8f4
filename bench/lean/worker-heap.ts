/** Bytes of heap that a worker holds for each generation in flight that it has polled and will poll again. None is the aim: the queue holds them. */
import { setTimeout as rest } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { type Handed, createGenerations, handOver, pollQueue, transition } from '@dailies/queue';
import { type Scene, openScene } from '../scene.ts';

export interface WorkerHeap {
  inFlight: number;
  bytesEach: number;
}

const HOUR_MS = 3_600_000;
const AT_ONCE = 100;
const LOOK_MS = 200;

export async function workerHeap(inFlight: number): Promise<WorkerHeap> {
  // The upstream knows none of these tasks, and so keeps nothing of them in this process either.
  const scene = await openScene({ requestLogSize: 1 }, { HAILUO_FIRST_POLL_MS: '0', HAILUO_POLL_MIN_MS: String(HOUR_MS), HAILUO_POLL_MAX_MS: String(HOUR_MS) });
  try {
    await scene.worker();
    // What compiling and the first polls leave is not what a generation costs.
    await polled(scene, 0, AT_ONCE * 2);
    const before = await heapBytes();
    await polled(scene, AT_ONCE * 2, inFlight);
    return { inFlight, bytesEach: Math.round(((await heapBytes()) - before) / inFlight) };
  } finally {
    await scene.close();
  }
}

/** So many more in flight, each looked at once and waiting for an hour. */
async function polled(scene: Scene, known: number, count: number): Promise<void> {
  const { store, queues } = scene;
  const name = `heap-${known}`;
  await createGenerations(store, { batch: name, lane: name, attended: false, items: scene.items(count, name).map(({ generation }) => generation) });
  for (let from = 0; from < count; from += AT_ONCE) {
    const ids = Array.from({ length: Math.min(AT_ONCE, count - from) }, (_, at) => `${name}-${from + at}`);
    await Promise.all(ids.map((id) => render(scene, id, name)));
    const { account } = scene;
    const handed = ids.map((id): Handed => ({ id, provider: 'hailuo', account, ask: {}, priority: 1, turn: 1, state: 'rendering', seq: 2, task: { id } }));
    await handOver(store, queues, handed);
  }
  while ((await queues.get(pollQueue('hailuo')).getDelayedCount()) < known + count) await rest(LOOK_MS);
}

async function render({ store, account }: Scene, id: string, batch: string): Promise<void> {
  const generation = { id, provider: 'hailuo' as const, account, batch };
  const at = Date.now();
  const admission = { reservation: 'heap', limit: 1_000_000, limitOfProvider: 1_000_000, judgeAfterMs: HOUR_MS };
  await transition(store, generation, { from: ['queued'], to: 'submitting', by: '1.heap', seq: 1, admission });
  const patch = { task: { id }, taskKey: id, attempts: 1, submittedAt: at, deadlineAt: at + HOUR_MS };
  await transition(store, generation, { from: ['submitting'], to: 'rendering', by: '1.heap', seq: 1, patch, taskKey: id, slotUntil: at + HOUR_MS });
}

/** After everything that can be collected was. */
async function heapBytes(): Promise<number> {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  for (let pass = 0; pass < 3; pass += 1) {
    collect();
    await rest(100);
  }
  return process.memoryUsage().heapUsed;
}

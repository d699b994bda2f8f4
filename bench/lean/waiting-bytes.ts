/**
 * Bytes of Redis that one waiting generation takes: everything it has, the record, the history, its places in the indexes and its job. The
 * difference of Redis' own count over as many, so that nothing is left out; then the parts of one of them by MEMORY USAGE.
 */
import { createHash } from 'node:crypto';
import { type Created, acceptItems, handOver, jobId, pollQueue, submitQueue, transition } from '@dailies/queue';
import { newGeneration } from '../new-generation.ts';
import { type Scene, openScene } from '../scene.ts';

export interface WaitingBytes {
  waiting: number;
  queuedBytes: number;
  renderingBytes: number;
  /** Of one queued, and of one rendering. */
  parts: { queued: Parts; rendering: Parts };
}

interface Parts {
  record: number;
  history: number;
  job: number;
  /** What is left of the difference: sorted sets, hashes and streams that all share. */
  indexes: number;
}

const DEADLINE_MS = 3_600_000;
const AT_ONCE = 200;

export async function waitingBytes(waiting: number): Promise<WaitingBytes> {
  const scene = await openScene({}, {});
  try {
    // What is measured is memory: the bytes are the same whenever they reach the disk.
    await scene.store.redis.config('SET', 'appendfsync', 'no');
    const before = await usedBytes(scene);
    const created = await fill(scene, waiting);
    const queued = (await usedBytes(scene)) - before;
    const [sample] = created.slice(Math.floor(waiting / 2));
    const id = sample?.item.id ?? '';
    const ofQueued = await partsOf(scene, id, jobKey(scene, submitQueue('hailuo'), id, 1), queued / waiting);
    await render(scene, created);
    const rendering = (await usedBytes(scene)) - before;
    const ofRendering = await partsOf(scene, id, jobKey(scene, pollQueue('hailuo'), id, 2), rendering / waiting);
    return {
      waiting,
      queuedBytes: Math.round(queued / waiting),
      renderingBytes: Math.round(rendering / waiting),
      parts: { queued: ofQueued, rendering: ofRendering },
    };
  } finally {
    await scene.close();
  }
}

/** Prompts of 120 characters with the ids and fingerprints that `dailies` gives. */
async function fill(scene: Scene, waiting: number): Promise<Created[]> {
  const created: Created[] = [];
  for (let from = 0; from < waiting; from += 10_000) {
    const items = Array.from({ length: Math.min(10_000, waiting - from) }, (_, at) => {
      const text = `a paper boat drifts down a river of ink at dusk, lanterns on both banks, slow camera, take ${from + at} `;
      const prompt = text.padEnd(120, 'and the rain begins to fall ').slice(0, 120);
      const fingerprint = createHash('sha256').update(`${prompt}${from + at}`).digest('hex');
      const id = `g${fingerprint.slice(0, 20)}`;
      return { generation: newGeneration({ id, provider: 'hailuo', account: scene.account, prompt, fingerprint }), images: [] };
    });
    const { result, handedOver } = await acceptItems(scene, { batch: 'lean', lane: 'lean', attended: false, items }, { replicas: 0 });
    await handedOver;
    if (result.outcome !== 'accepted') throw new Error(result.outcome);
    created.push(...result.fresh);
  }
  return created;
}

/** As the submit step leaves them, without the upstream: submitted, with a task, their submit jobs gone, their polls in the queue. */
async function render(scene: Scene, created: readonly Created[]): Promise<void> {
  const { store, queues } = scene;
  for (let from = 0; from < created.length; from += AT_ONCE) {
    const some = created.slice(from, from + AT_ONCE);
    await Promise.all(
      some.map(async ({ item: { id, provider, account, ask, priority }, turn }) => {
        const generation = { id, provider, account, ask, priority, turn, batch: 'lean' };
        const at = Date.now();
        const task = { id: `${id.slice(1, 9)}-5a72-4f6c-8f0e-${id.slice(9)}` };
        const intent = { clientId: `${id}.1`, nonce: id.padEnd(32, '0'), sendBy: at };
        const admission = { reservation: 'lean', limit: 1_000_000, limitOfProvider: 1_000_000, judgeAfterMs: DEADLINE_MS };
        await transition(store, generation, { from: ['queued'], to: 'submitting', by: '1.lean', seq: 1, patch: intent, admission });
        const patch = { task, taskKey: task.id, attempts: 1, submittedAt: at, deadlineAt: at + DEADLINE_MS };
        const won = await transition(store, generation, {
          from: ['submitting'], to: 'rendering', by: '1.lean', seq: 1, patch, taskKey: task.id, slotUntil: at + DEADLINE_MS,
        });
        if (won.outcome !== 'won') throw new Error(won.outcome);
      }),
    );
    const handed = some.map(({ item: { id, provider, account, ask, priority }, turn }) => ({
      id, provider, account, ask, priority, turn, state: 'rendering' as const, seq: 2, task: {},
    }));
    await handOver(store, queues, handed, DEADLINE_MS);
    // A submit job goes as it ends; of those that ended the last 500 are kept for people to see.
    const pipeline = store.redis.pipeline();
    for (const { item } of some) {
      pipeline.del(jobKey(scene, submitQueue('hailuo'), item.id, 1));
      pipeline.zrem(`${store.keys.prefix}:${submitQueue('hailuo')}:prioritized`, jobId(item.id, 1));
    }
    await pipeline.exec();
  }
}

async function partsOf({ store }: Scene, id: string, job: string, whole: number): Promise<Parts> {
  const bytesOf = async (key: string): Promise<number> => Number((await store.redis.call('MEMORY', 'USAGE', key, 'SAMPLES', '0')) ?? 0);
  const parts = { record: await bytesOf(store.keys.generation(id)), history: await bytesOf(store.keys.history(id)), job: await bytesOf(job) };
  return { ...parts, indexes: Math.round(whole - parts.record - parts.history - parts.job) };
}

function jobKey({ store }: Scene, queue: string, id: string, seq: number): string {
  return `${store.keys.prefix}:${queue}:${jobId(id, seq)}`;
}

async function usedBytes({ store }: Scene): Promise<number> {
  return Number(/^used_memory_dataset:(\d+)/m.exec(await store.redis.info('memory'))?.[1]);
}

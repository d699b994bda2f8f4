/**
 * The watch over consumption: a worker can stop taking jobs while its connection looks healthy (bullmq issues 2466 and 3185). A queue is stuck when the
 * same job has stood first and due for `boundMs`, and this worker could have taken it and took nothing in that time. Where another worker takes that
 * job, another one stands first and the time begins anew. It only looks and tells: /readyz, the metrics, one log line.
 */
import { type Log, type Store, firstDue, isPausedByHand } from '@dailies/queue';
import type { Meter } from '@dailies/telemetry';
import type { Consumer } from '../measure/consumer.ts';

export interface Watched {
  consumer: Consumer;
  /** Why this worker takes nothing on purpose; null when it could. */
  restsBecause: () => string | null;
}

export interface ConsumptionWatch {
  look(): Promise<void>;
  /** For people; null when nothing is stuck. */
  fault(): string | null;
}

/** A due job is normally taken within milliseconds, after a killed worker within 18 s. */
export const STUCK_AFTER_MS = 30_000;

export function createConsumptionWatch(
  store: Store,
  watched: readonly Watched[],
  { log, meter }: { log: Log; meter: Meter },
  boundMs: number,
): ConsumptionWatch {
  const heads = new Map<string, { job: string; since: number }>();
  const stuck = new Map<string, string>();
  const isOneOfSeveral = store.whole.shards.length > 1;
  const labelOf = (queue: string): string => (isOneOfSeveral ? `${queue}.${store.number}` : queue);

  async function look(): Promise<void> {
    const first = await firstDue(store, watched.map(({ consumer }) => consumer.queue));
    const now = Date.now();
    for (const { consumer, restsBecause } of watched) {
      const { queue, capacity } = consumer;
      const job = first.get(queue) ?? null;
      const before = heads.get(queue);
      if (job === null || consumer.active() >= capacity || restsBecause() !== null) heads.delete(queue);
      else if (before?.job !== job) heads.set(queue, { job, since: now });
      const since = Math.max(heads.get(queue)?.since ?? now, consumer.pickedAt());
      await judge(queue, now - since > boundMs ? now - since : null);
    }
  }

  async function judge(queue: string, forMs: number | null): Promise<void> {
    meter.set('dailies_consumption_stuck', { queue: labelOf(queue) }, forMs === null ? 0 : 1);
    if (forMs === null) {
      if (stuck.delete(queue)) log.info({ queue }, 'consumed again');
      return;
    }
    const isNew = !stuck.has(queue);
    const byHand = await isPausedByHand(store, queue);
    const where = isOneOfSeveral ? `${queue} of shard ${store.number}` : queue;
    const remedy = byHand ? ': the BullMQ queue itself is paused' : '; restart this worker';
    const why = `nothing was taken from ${where} for ${Math.round(forMs / 1000)} s although a job is due${remedy}`;
    stuck.set(queue, why);
    if (isNew) log.error({ queue, reason: why }, 'consumption is stuck');
  }

  return { look, fault: () => (stuck.size === 0 ? null : [...stuck.values()].join('; ')) };
}

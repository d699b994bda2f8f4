/**
 * Generations that wait for their next poll, as they are hours after their submit. The intake accepts them with their task
 * (ledger/create/earlier.ts); the hand-over adds their poll jobs.
 */
import { createGenerations, handOver, type Config, type Desk, type Handed, type NewGeneration } from '@dailies/queue';
import { newGeneration } from '../new-generation.ts';

/** When they are due: the nth at `startAt` (epoch milliseconds) and n / `perSecond` seconds, four at a time. */
export interface Schedule {
  count: number;
  startAt: number;
  perSecond: number;
}

type System = Desk & { config: Config };

const BATCH = 10_000;
/** Handed over together, and due together. */
const TOGETHER = 4;
const AT_ONCE = 50;

export async function acceptWaiting({ store, config }: System, count: number): Promise<void> {
  const account = config.providers.allegro.account?.id ?? '';
  // Longer ago than any period between two polls.
  const submittedAt = Date.now() - 7_200_000;
  for (let from = 0; from < count; from += BATCH) {
    const batch = `wait-${from / BATCH}`;
    const items = Array.from({ length: Math.min(BATCH, count - from) }, (_, at): NewGeneration => {
      const prompt = `a quiet harbour at dawn, fog over the water, slow push in, soft light, shot number ${from + at}`;
      const fingerprint = 'f'.repeat(52) + String(from + at).padStart(12, '0');
      const task = { id: `t${from + at}` };
      const times = { submittedAt, deadlineAt: submittedAt + 86_400_000 };
      return {
        ...newGeneration({ id: idOf(from + at), provider: 'allegro', account, prompt, fingerprint }),
        earlier: {
          state: 'rendering',
          patch: { task, taskKey: task.id, attempts: 1, polls: 3, clientId: `${idOf(from + at)}.1`, phase: 'running', lastPolledAt: submittedAt, ...times },
          history: [{ at: submittedAt - 500, state: 'submitting' }, { at: submittedAt, state: 'rendering' }],
          slotUntil: times.deadlineAt,
        },
      };
    });
    const result = await createGenerations(store, { batch, lane: batch, attended: false, items });
    if (result.outcome !== 'accepted') throw new Error(result.outcome);
  }
}

export async function handOverWaiting({ store, queues, config }: System, schedule: Schedule): Promise<void> {
  const { count } = schedule;
  const account = config.providers.allegro.account?.id ?? '';
  const slices = Math.ceil(count / TOGETHER);
  let next = 0;
  const hand = async (): Promise<void> => {
    while (next < slices) {
      const from = TOGETHER * next;
      next += 1;
      const generations = Array.from({ length: Math.min(TOGETHER, count - from) }, (_, at): Handed => ({
        id: idOf(from + at), state: 'rendering', seq: 1, provider: 'allegro', account, priority: 1, turn: 1, task: { id: `t${from + at}` },
        ask: { prompt: 'a quiet harbour at dawn, fog over the water, slow push in, soft light' },
      }));
      await handOver(store, queues, generations, Math.max(0, Math.round(dueAt(schedule, from) - Date.now())));
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, hand));
}

/** Epoch milliseconds. */
export function dueAt({ startAt, perSecond }: Omit<Schedule, 'count'>, number: number): number {
  return startAt + (Math.floor(number / TOGETHER) * TOGETHER * 1_000) / perSecond;
}

/** Of the length of our own ids. */
function idOf(number: number): string {
  return `gwaiting${String(number).padStart(13, '0')}`;
}

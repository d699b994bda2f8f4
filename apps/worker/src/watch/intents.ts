/**
 * The watch over intents: a generation in `submitting` whose owner fell silent (killed, stopped, cut off) is judged once nobody can still be
 * sending for it: after `sendBy` and the submit time-out. It is never sent again from here: it becomes ambiguous.
 */
import { readGeneration, timeOf } from '@dailies/queue';
import type { WorkerContext } from '../context.ts';
import { markAmbiguous } from '../submit/mark-ambiguous.ts';
import { SEND_WITHIN_MS } from '../submit/send-within.ts';

export async function judgeIntents(context: WorkerContext, accounts: readonly string[]): Promise<number> {
  const { store } = context;
  const now = await timeOf(store);
  let judged = 0;
  for (const account of accounts) {
    const due = await store.redis.zrangebyscore(store.keys.intents(account), '-inf', now, 'LIMIT', '0', '100');
    for (const id of due) {
      const generation = await readGeneration(store, id);
      if (generation?.state !== 'submitting') continue;
      await markAmbiguous(context, generation, `${generation.round}.judge-${generation.seq}`, {
        sentAt: (generation.sendBy ?? Date.now()) - SEND_WITHIN_MS,
        endSeen: false,
        why: 'the process that was submitting it fell silent',
      });
      judged += 1;
    }
  }
  return judged;
}

import { Queue } from 'bullmq';
import { jobId, note } from '@dailies/queue';
import { expect, onTestFinished, test, vi } from 'vitest';
import { openStepStage } from '../steps/testing/step-stage.ts';
import { judgeIntents } from './intents.ts';

test('a submit that may still be under way is not judged, and one that nobody can be sending any more is, though Redis refuses its look-up at first', async () => {
  const stage = openStepStage();
  const { ledger, context, account } = stage;
  const { store } = ledger;
  const [early, late] = [await stage.submitting(), await stage.submitting()];
  const [shard = store] = store.shards.filter(({ number }) => number === early.shard);
  await shard.redis.zadd(shard.keys.intents(account), 1, late.id);
  await note(store, late, { sendBy: 1_750_000_005_000 });
  const add = vi.spyOn(Queue.prototype, 'add').mockRejectedValueOnce(new Error('BUSY Redis is busy running a script.'));
  onTestFinished(() => add.mockRestore());
  expect(await judgeIntents({ ...context, store: shard, queues: ledger.queues }, [account])).toBe(1);
  expect(await ledger.generation(early.id)).toMatchObject({ state: 'submitting' });
  // It may have been sent from the moment on in which its intent was written, five seconds before it had to be sent at the latest. Nobody saw its end.
  expect(await ledger.generation(late.id)).toMatchObject({ state: 'ambiguous', ambiguity: { sentAt: 1_750_000_000_000, endSeen: false } });
  const { seq } = await ledger.generation(late.id);
  expect(await ledger.queues.of(shard.number).get('kling-poll').getJob(jobId(late.id, seq))).toMatchObject({ data: { id: late.id, seq } });
});

import { expect, test } from 'vitest';
import { openStepStage } from '../steps/testing/step-stage.ts';
import { judgeIntents } from './intents.ts';

test('a submit that may still be under way is not judged, and one that nobody can be sending any more is', async () => {
  const stage = openStepStage();
  const { ledger, context, account } = stage;
  const { store } = ledger;
  const [early, late] = [await stage.submitting(), await stage.submitting()];
  const [shard = store] = store.shards.filter(({ number }) => number === early.shard);
  await shard.redis.zadd(shard.keys.intents(account), 1, late.id);
  expect(await judgeIntents({ ...context, store: shard, queues: ledger.queues }, [account])).toBe(1);
  expect(await ledger.generation(early.id)).toMatchObject({ state: 'submitting' });
  expect(await ledger.generation(late.id)).toMatchObject({ state: 'ambiguous' });
});

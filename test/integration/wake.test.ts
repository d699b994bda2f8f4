/** Waking: a place that is free again is taken at once, whenever the news of it come. */
import { once } from 'node:events';
import { pino } from 'pino';
import { expect, inject, test } from 'vitest';
import { closeRedis, connectForWorker, wakeForWork } from '@dailies/queue';
import { createWake } from '../../apps/worker/src/watch/wake.ts';
import { openTestLedger } from '../support/ledger.ts';

const NEVER = new AbortController().signal;
const LONG_MS = 600_000;

test('news that come between the question and the sleep keep the asker awake, and those from before the question do not', async () => {
  const { store } = openTestLedger();
  const subscriber = connectForWorker(inject('redisUrl'), { name: 'wake', log: pino({ level: 'silent' }) });
  const wake = createWake(subscriber, store);
  await wake.start();
  const ears = wake.ears();
  const news = wakeForWork('someone', 'kling');

  ears.listen();
  const told = once(subscriber, 'message');
  await store.redis.publish(store.keys.wake, news);
  await told;
  await ears.sleep(LONG_MS, NEVER, (one) => one === news);

  ears.listen();
  let slept = false;
  const sleep = ears.sleep(LONG_MS, NEVER, (one) => one === news).then(() => (slept = true));
  const other = once(subscriber, 'message');
  await store.redis.publish(store.keys.wake, 'somebody else');
  await other;
  expect(slept).toBe(false);
  await store.redis.publish(store.keys.wake, news);
  await sleep;
  await closeRedis(subscriber, 1_000);
});

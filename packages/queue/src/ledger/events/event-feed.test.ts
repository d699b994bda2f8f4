/** What the listeners of a feed are told of events that are gone before they were read. */
import { once } from 'node:events';
import { expect, onTestFinished, test } from 'vitest';
import { openTestLedger } from '../../../../../test/support/ledger.ts';
import { createLog } from '../../logging/log.ts';
import { connectForWorker } from '../../redis/connection.ts';
import { createEventFeed } from './event-feed.ts';

test('a feed that fell behind by more than is kept, without an error of its connection, says so before it goes on', async () => {
  const { store, redisUrl } = openTestLedger();
  const event = ['*', 'id', 'x', 'from', 'rendering', 'to', 'overdue', 'seq', '1', 'provider', 'luma', 'batch', '', 'note', ''] as const;
  await store.redis.xadd(store.keys.events, ...event);
  const feed = createEventFeed(store, () => connectForWorker(redisUrl, { name: 'test-feed', log: createLog({ level: 'silent', name: 'test' }) }));
  onTestFinished(() => feed.close());
  const told: string[] = [];
  const changed = new EventTarget();
  await feed.listen({
    events(events) {
      told.push(`${events.length} events`);
      changed.dispatchEvent(new Event('told'));
    },
    missed: () => told.push('missed'),
  });

  const first = once(changed, 'told');
  // In one step: whoever waits for the first of them finds the oldest gone.
  const step = store.redis.multi();
  for (let at = 0; at < 600; at += 1) step.xadd(store.keys.events, ...event);
  await step.xtrim(store.keys.events, 'MAXLEN', 550).exec();
  await first;
  expect(told).toEqual(['missed', '500 events']);
});

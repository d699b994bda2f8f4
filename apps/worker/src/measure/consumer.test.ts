/** How late a delivery is called: by its planned time, and not for what was waited on purpose. */
import { afterEach, expect, test, vi } from 'vitest';
import { done, wait } from '../steps/step-outcome.ts';
import { createConsumer } from './consumer.ts';

afterEach(() => void vi.useRealTimers());

test('a first delivery is late by its planned time, a further one by its wait, and none for the time before the start, for a pause, or for a hint', async () => {
  vi.useFakeTimers({ now: 1_000_000, toFake: ['Date'] });
  const late: number[] = [];
  const consumer = createConsumer('pika-poll', 1, (seconds) => late.push(seconds));
  const pass = (seconds: number) => vi.setSystemTime(Date.now() + seconds * 1_000);
  const deliver = (id: string, plannedAt?: number, step = done('')) =>
    consumer.deliver({ id, seq: 1, token: 't', plannedAt }, () => Promise.resolve(step));

  await deliver('before the start', Date.now() - 60_000);
  const planned = Date.now() + 10_000;
  pass(15);
  await deliver('first', planned, wait(20_000, 'pending'));
  pass(50);
  await deliver('first');
  pass(300);
  consumer.rested();
  pass(1);
  await deliver('under a pause', Date.now() - 100_000);
  await deliver('brought on by a callback', Date.now() + 5_000);
  await deliver('scheduled by another process');
  expect(late).toEqual([0, 5, 30, 1, 0]);
});

import { pino } from 'pino';
import { expect, onTestFinished, test, vi } from 'vitest';
import { seenWorkers } from '@dailies/queue';
import { openStepStage } from '../steps/testing/step-stage.ts';
import { createClockWatch } from './clock-watch.ts';
import { createPresence, type Presence } from './presence.ts';

test('a worker that makes no poll of an upstream any more takes back that its polls get no answer', async () => {
  vi.useFakeTimers({ toFake: ['Date'] });
  onTestFinished(() => void vi.useRealTimers());
  const { ledger, context } = openStepStage();
  const { store } = ledger;
  // So long that what is overdue there is polled every half hour.
  context.config.providers.pika.pace.maxMs = 6 * 60_000;
  const stop = new AbortController();
  const worker = (name: number): Presence => createPresence({ ...context, store, stopping: stop.signal, replicas: { ...context.replicas, shut: () => [] } }, name);
  const told = async (): Promise<unknown> => (await seenWorkers(store))?.map(({ unanswered }) => Object.keys(unanswered));

  const [first, second] = [worker(1), worker(2)];
  for (let poll = 0; poll < 3; poll += 1) for (const name of ['kling', 'pika'] as const) first.sawPoll(name, 'unavailable');
  vi.setSystemTime(Date.now() + 10 * 60_000);
  for (let poll = 0; poll < 3; poll += 1) second.sawPoll('luma', 'protocol');
  // What is overdue is polled as seldom as that.
  vi.setSystemTime(Date.now() + 6 * 60_000);
  const running = [first.run(), second.run()];
  await expect.poll(told).toEqual([['pika'], ['luma']]);
  stop.abort();
  await Promise.all(running);
});

test('a clock that is seconds apart from that of Redis is told of once, until it agrees again; an answer that took too long says nothing of it', () => {
  const said: string[] = [];
  const log = pino({ base: null, timestamp: false }, { write: (line) => void said.push((JSON.parse(line) as { msg: string }).msg) });
  const clock = createClockWatch(log);
  clock.saw(1_000, 1_500, 1_100);
  clock.saw(1_000, 9_000, 20_000);
  expect([clock.aheadMs(), said]).toEqual([undefined, []]);
  for (let word = 0; word < 2; word += 1) clock.saw(1_000, 10_801_000, 1_000);
  expect([clock.aheadMs(), said]).toEqual([-10_800_000, [expect.stringContaining('wrong clock')]]);
  clock.saw(1_000, 1_000, 1_000);
  expect([clock.aheadMs(), said.length]).toEqual([undefined, 2]);
});

import { Worker } from 'bullmq';
import { afterEach, expect, onTestFinished, test, vi } from 'vitest';
import { openTestLedger } from '../../../../test/support/ledger.ts';
import { tellQueueFaults } from './queue-faults.ts';

afterEach(() => vi.useRealTimers());

test('the same words are said once a minute, by whatever queue, and other words at once', () => {
  vi.useFakeTimers();
  const said: object[] = [];
  const log = { warn: (fields: object) => said.push(fields), info: () => undefined };
  const [tell, tellOther] = [tellQueueFaults(log, 'luma-poll'), tellQueueFaults(log, 'luma-submit')];
  const away = { queue: 'luma-poll', error: 'connect ECONNREFUSED' };
  const denied = { queue: 'luma-poll', error: 'NOPERM' };

  for (let second = 0; second < 60; second += 1) {
    tell(new Error(away.error));
    tellOther(new Error(away.error));
    if (second === 30) tell(new Error(denied.error));
    vi.advanceTimersByTime(1_000);
  }
  expect(said).toEqual([away, denied]);
  tell(new Error(away.error));
  tell(new Error(denied.error));
  expect(said).toEqual([away, denied, away]);
});

test('a job that was put back by a command whose answer was lost warns of nothing', async () => {
  const { queues, connect } = openTestLedger();
  const queue = queues.get('allegro-poll');
  const connection = connect();
  const worker = new Worker(queue.name, null, { connection, prefix: queue.opts.prefix ?? '', autorun: false });
  onTestFinished(async () => {
    await worker.close();
    connection.disconnect();
  });
  await queue.add('poll.v1', { v: 1, id: 'g1', seq: 1, title: '' });
  const job = await worker.getNextJob('token');
  await job?.moveToDelayed(Date.now() + 60_000, 'token');
  const sentAgain: unknown = await job?.moveToDelayed(Date.now() + 60_000, 'token').catch((error: unknown) => error);

  const [info, warn] = [vi.fn(), vi.fn()];
  tellQueueFaults({ info, warn }, queue.name)(sentAgain as Error);
  expect(info).toHaveBeenCalledWith({ queue: 'allegro-poll', error: expect.stringContaining('Missing lock') }, 'job was not settled');
  expect(warn).not.toHaveBeenCalled();
});

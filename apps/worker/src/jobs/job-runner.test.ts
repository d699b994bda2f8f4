import { Job, Worker } from 'bullmq';
import { createLog } from '@dailies/queue';
import { expect, onTestFinished, test, vi } from 'vitest';
import { openTestLedger } from '../../../../test/support/ledger.ts';
import type { StepOutcome } from '../steps/step-outcome.ts';
import { LOCK_MS, createRunner } from './job-runner.ts';

/** A runner of polls whose one job ends like this. */
async function running(outcome: StepOutcome) {
  const { queues, connect, store } = openTestLedger();
  const queue = queues.get('allegro-poll');
  const connection = connect();
  const log = createLog({ level: 'silent', name: 'test' });
  const keys = { ...store.keys, prefix: queue.opts.prefix ?? '' };
  const runner = createRunner({ queue: queue.name, connection, keys, concurrency: 2, lockMs: LOCK_MS, log }, () => Promise.resolve(outcome));
  onTestFinished(async () => {
    vi.restoreAllMocks();
    await runner.close();
    connection.disconnect();
  });
  const warn = vi.spyOn(log, 'warn');
  await queue.add('poll.v1', { v: 1, id: 'g1', seq: 1, title: '' });
  void runner.run();
  return { queue, warn };
}

test('a job that waits is delayed although Redis refuses it once, and the log says so', async () => {
  const error = 'BUSY Redis is busy running a script.';
  vi.spyOn(Job.prototype, 'moveToDelayed').mockRejectedValueOnce(new Error(error));
  const { queue, warn } = await running({ kind: 'wait', ms: 60_000, why: 'not yet' });

  await expect.poll(() => queue.getJobCounts('delayed', 'failed', 'active', 'wait')).toEqual({ delayed: 1, failed: 0, active: 0, wait: 0 });
  expect(warn).toHaveBeenCalledExactlyOnceWith({ queue: queue.name, error }, 'queue connection');
});

test('a Redis that refuses to give out a job is asked again after a rest, and not as fast as it answers', async () => {
  const refused = Object.assign(new Error("OOM command not allowed when used memory > 'maxmemory'."), { name: 'ReplyError' });
  const asked: number[] = [];
  const refusing = (): Promise<never> => {
    asked.push(Date.now());
    return Promise.reject(refused);
  };
  // BullMQ's types hide it.
  const { prototype } = Worker as unknown as { prototype: { moveToActive(): Promise<unknown> } };
  vi.spyOn(prototype, 'moveToActive').mockImplementationOnce(refusing).mockImplementationOnce(refusing);
  const { queue } = await running({ kind: 'done', note: '' });

  await expect.poll(() => queue.getJobCounts('completed', 'wait')).toEqual({ completed: 1, wait: 0 });
  const [first = 0, second = 0] = asked;
  expect(second - first).toBeGreaterThan(400);
});

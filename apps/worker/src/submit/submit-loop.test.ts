/** The gate around one account, with jobs that a test hands out in place of BullMQ. */
import type { Job, Worker } from 'bullmq';
import { type Generation, type JobPayload, shardOf } from '@dailies/queue';
import { expect, test } from 'vitest';
import { done, type StepOutcome } from '../steps/step-outcome.ts';
import { openStepStage, type StepStage } from '../steps/testing/step-stage.ts';
import type { Wake } from '../watch/wake.ts';
import { createSubmitLoop } from './submit-loop.ts';
import type { Admission } from './under-way.ts';

interface Gate {
  /** `undefined`: a fetch that brings nothing. */
  jobs: (Generation | undefined)[];
  /** What happened, in order. */
  seen: string[];
}

function jobOf({ id, seq }: Generation): Job<JobPayload> {
  return { id, data: { id, seq }, extendLock: async () => 1, moveToCompleted: async () => undefined } as unknown as Job<JobPayload>;
}

/** Runs until `last` jobs have been stepped through. */
async function through(stage: StepStage, gate: Gate, last: number, step: (delivery: Admission) => Promise<StepOutcome>): Promise<void> {
  const fetcher = {
    async getNextJob() {
      const next = gate.jobs.shift();
      if (next === undefined) return undefined;
      gate.seen.push(`fetched ${next.id}`);
      return jobOf(next);
    },
  } as unknown as Worker<JobPayload>;
  const sleep: Wake['sleep'] = () => new Promise((resolve) => void setTimeout(resolve, 10));
  const wake: Wake = { start: async () => undefined, sleep, ears: () => ({ listen: () => undefined, sleep }) };
  const context = { ...stage.context, lockMs: 15_000, replicas: { ...stage.context.replicas, isOpen: async () => true } };
  let stepped = 0;
  const loop = createSubmitLoop(context, {
    upstream: stage.upstream,
    fetcher,
    wake,
    async step(delivery) {
      const outcome = await step(delivery);
      gate.seen.push(`stepped ${delivery.id}`);
      stepped += 1;
      return outcome;
    },
  });
  const run = loop.run();
  try {
    // A place that is not given back is free again after ten seconds.
    await expect.poll(() => stepped, { timeout: 8_000 }).toBe(last);
  } finally {
    stage.stop.abort();
    await run;
    await loop.idle();
  }
}

test('a place that a submit, or a fetch that brought nothing, has not used is the next one\'s at once', async () => {
  const stage = openStepStage();
  stage.upstream.account = { ...stage.upstream.account, maxInFlight: 1 };
  const jobs = [await stage.queued(), await stage.queued(), await stage.queued()];
  const gate: Gate = { jobs: [undefined, ...jobs], seen: [] };
  await through(stage, gate, 3, async () => done('stale'));
  expect(gate.seen.filter((one) => one.startsWith('stepped'))).toEqual(jobs.map(({ id }) => `stepped ${id}`));
});

test('nobody is fetched while a submit that was put back is on its way to its old place', async () => {
  const stage = openStepStage();
  const first = await stage.queued();
  // More than one may be under way: it is not its place on the account that holds up the next one.
  const shard = shardOf(stage.ledger.store, stage.account);
  await shard.redis.hset(shard.keys.account(stage.account), 'limit', 10);
  const gate: Gate = { jobs: [first], seen: [] };
  let later: Generation | undefined;
  await through(stage, gate, 2, async (delivery) => {
    if (delivery.id !== first.id) return done('stale');
    later = await stage.queued();
    gate.jobs.push(later);
    delivery.returns();
    delivery.admitted();
    // Time for many turns: each is one question to this Redis.
    for (let trip = 0; trip < 50; trip += 1) await stage.ledger.redis.ping();
    return done('put back');
  });
  expect(gate.seen).toEqual([`fetched ${first.id}`, `stepped ${first.id}`, `fetched ${later?.id}`, `stepped ${later?.id}`]);
});

/** A Redis that answers and takes no writes (its memory is full) loses no more than one that is away. */
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { transition } from '@dailies/queue';
import { expect, onTestFinished, test } from 'vitest';
import { startChaosRedis } from '../chaos/chaos-redis.ts';
import { PROMPTS, type Rig, openRig } from '../support/rig.ts';

test('a paid task that a full Redis does not take is recorded once there is room again, and asks nobody', async () => {
  const { rig, id, empty } = await answeredWhileFull(PAID);
  await empty();
  await rig.reached([id], ['succeeded', 'unresolved']);
  expect(await rig.generation(id)).toMatchObject({ state: 'succeeded', attempts: 1 });
});

test('a paid task that a full Redis has not taken by the stop is in a rescue file', async () => {
  const { rig, id, worker, empty } = await answeredWhileFull(PAID);
  await worker.stop(1_000);
  await empty();
  expect(await readdir(path.join(rig.folder, 'state', 'rescue'))).toEqual([`${id}.json`]);
});

test('a submit that was refused while Redis was full is sent again once there is room, and asks nobody', async () => {
  const { rig, id, empty } = await answeredWhileFull({ what: 'allegro:429', point: 'submit:refused' });
  await empty();
  await rig.reached([id], ['succeeded', 'unresolved']);
  expect(await rig.generation(id)).toMatchObject({ state: 'succeeded', attempts: 1 });
  expect(rig.simulator.counts().accepted).toBe(1);
});

const PAID = { what: 'late-answer', point: 'submit:answered' };

/** Its memory is full from the paid request on, and has refused what came of it. */
async function answeredWhileFull({ what, point }: { what: string; point: string }): Promise<{ rig: Rig; id: string; worker: Awaited<ReturnType<Rig['worker']>>; empty: () => Promise<unknown> }> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'dailies-full-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const server = await startChaosRedis(folder);
  onTestFinished(() => server.close());
  const limitTo = (bytes: number): Promise<unknown> => server.ask((redis) => redis.config('SET', 'maxmemory', bytes));
  // Redis 6.2 counts what it refuses of a script as ERR.
  const refusals = async (): Promise<number> => {
    const counted = (await server.ask((redis) => redis.info('errorstats'))).matchAll(/errorstat_(?:OOM|ERR):count=(\d+)/g);
    return [...counted].reduce((sum, [, count]) => sum + Number(count), 0);
  };

  const rig = await openRig({ faults: [{ on: 'create', what, ms: 1_000, times: 1 }] }, { SHARDS: '1', UPSTREAM_TIMEOUT_MS: '3000' }, server.url);
  const [id = ''] = await rig.enqueue('paid', [{ provider: 'allegro', ask: PROMPTS.allegro }]);
  const [unsent = ''] = await rig.enqueue('unsent', [{ provider: 'kling', ask: PROMPTS.kling }]);
  const admission = { reservation: '', limit: 50, limitOfProvider: 50, judgeAfterMs: 60_000 };
  await transition(rig.store, await rig.generation(unsent), { from: ['queued'], to: 'submitting', by: '1.own', admission });
  const paid = rig.simulator.nextRequest(({ fault }) => fault === what);
  let answer = (): void => undefined;
  const answered = new Promise<void>((resolve) => (answer = resolve));
  const worker = await rig.worker({}, (reached) => {
    if (reached === point) answer();
  });
  await paid;
  // Over a connection that is open, before the answer: it is a second away.
  await rig.redis.call('CONFIG', 'SET', 'maxmemory', 1);
  await answered;
  const before = await refusals();
  await expect.poll(refusals).toBeGreaterThan(before);
  // However long it stays full, nobody calls silent what has only not been written down yet.
  await expect(transition(rig.store, await rig.generation(id), { from: ['submitting'], to: 'ambiguous', by: '1.judge' })).rejects.toThrow('OOM');
  // Redis takes that a submit was never sent, which a stop would forget: a person would be asked.
  expect(await transition(rig.store, await rig.generation(unsent), { from: ['submitting'], to: 'canceled', by: '1.own' })).toMatchObject({ outcome: 'won' });
  return { rig, id, worker, empty: () => limitTo(0) };
}

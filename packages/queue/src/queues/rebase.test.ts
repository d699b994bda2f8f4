import { expect, test } from 'vitest';
import { ACCOUNT, accept, newGeneration, openTestLedger, type TestLedger } from '../../../../test/support/ledger.ts';
import { createGenerations } from '../ledger/create/create.ts';
import { learnAccepted } from '../ledger/account/accepted.ts';
import { reserve } from '../ledger/account/reservation.ts';
import { transition } from '../ledger/transition.ts';
import { handOver } from './hand-over.ts';
import { submitPriority } from './names.ts';
import { rebase } from './rebase.ts';
import { repair } from './repair.ts';

const SMALL = { at: 40, room: 10, chunk: 7, most: 1_000 };
const SET = 'allegro-submit:prioritized';
const LIMITS = { account: 1_000, provider: 1_000 };

/** A lane whose generations are accepted and have their jobs. */
async function waiting(ledger: TestLedger, lane: string, from: number, to: number, priority = 1): Promise<void> {
  const items = Array.from({ length: to - from }, (_, at) => newGeneration(`${lane}-${from + at}`, { priority }));
  await accept(ledger.store, lane, items);
  await handOver(ledger.store, ledger.queues, await Promise.all(items.map(({ id }) => ledger.generation(id))));
}

async function inOrder(ledger: TestLedger): Promise<string[]> {
  const jobs = await ledger.redis.zrange(`${ledger.store.keys.prefix}:${SET}`, '0', '-1');
  return jobs.map((job) => job.slice(0, job.lastIndexOf('-')));
}

/** Takes the first, as the gate does: its job is gone, and V follows. */
async function admit(ledger: TestLedger): Promise<string> {
  const set = `${ledger.store.keys.prefix}:${SET}`;
  const [job = ''] = await ledger.redis.zpopmin(set);
  const id = job.slice(0, job.lastIndexOf('-'));
  const generation = await ledger.generation(id);
  await reserve(ledger.store, { provider: 'allegro', account: ACCOUNT, limits: LIMITS, token: job });
  const admission = { reservation: job, limit: LIMITS.account, limitOfProvider: LIMITS.provider, judgeAfterMs: 60_000 };
  expect(await transition(ledger.store, generation, { from: ['queued'], to: 'submitting', by: `1.${job}`, admission })).toMatchObject({ outcome: 'won' });
  return id;
}

async function putBack(ledger: TestLedger, id: string): Promise<void> {
  const generation = await ledger.generation(id);
  const { outcome } = await transition(ledger.store, generation, { from: ['submitting'], to: 'queued', by: `1.back-${id}` });
  expect(outcome).toBe('won');
  await handOver(ledger.store, ledger.queues, [await ledger.generation(id)]);
}

async function lowestPlace(ledger: TestLedger): Promise<number> {
  const [, score] = await ledger.redis.zrange(`${ledger.store.keys.prefix}:${SET}`, '0', '0', 'WITHSCORES');
  return Math.floor(Number(score) / 2 ** 32) - submitPriority(1, 1) + 1;
}

async function prioritiesInSet(ledger: TestLedger): Promise<number[]> {
  const found = await ledger.redis.zrange(`${ledger.store.keys.prefix}:${SET}`, '0', '-1', 'WITHSCORES');
  return found.filter((_, at) => at % 2 === 1).map((score) => Math.floor(Number(score) / 2 ** 32));
}

async function prioritiesOfJobs(ledger: TestLedger): Promise<number[]> {
  const jobs = await ledger.redis.zrange(`${ledger.store.keys.prefix}:${SET}`, '0', '-1');
  return Promise.all(jobs.map(async (job) => Number(await ledger.redis.hget(`${ledger.store.keys.prefix}:allegro-submit:${job}`, 'priority'))));
}

async function openWideLedger(): Promise<TestLedger> {
  const ledger = openTestLedger();
  for (let grown = 0; grown < 120; grown += 1) await learnAccepted(ledger.store, { id: 'g1', provider: 'allegro', account: ACCOUNT }, { configured: 1_000 });
  return ledger;
}

test('those who wait move to the front in their order, and who comes or is put back meanwhile finds the place of its turn', async () => {
  const ledger = await openWideLedger();
  await waiting(ledger, 'a', 0, 80);
  await waiting(ledger, 'b', 0, 80);
  await waiting(ledger, 'urgent', 0, 3, 3);
  const admitted: string[] = [];
  for (let turn = 0; turn < 3 + 2 * 45; turn += 1) admitted.push(await admit(ledger));
  const left = await inOrder(ledger);
  // One that was put back stands at the first place: nothing can be moved before it is gone, or several would stand at that place.
  await putBack(ledger, 'a-0');
  expect(await rebase(ledger.store, ledger.queues, 'allegro', SMALL)).toBe(0);
  expect(await admit(ledger)).toBe('a-0');
  expect(await rebase(ledger.store, ledger.queues, 'allegro', { ...SMALL, most: 3 })).toBe(21);
  expect(await inOrder(ledger)).toEqual(left);

  // Stopped in the middle, as by a crash. Two are put back in the wrong order, lanes go on and a new one begins.
  const [first = '', second = ''] = admitted.filter((id) => id.startsWith('a-')).slice(-2);
  await putBack(ledger, second);
  await putBack(ledger, first);
  await waiting(ledger, 'a', 80, 85);
  await waiting(ledger, 'c', 0, 10);
  const expected = await inOrder(ledger);
  expect(expected.slice(0, 2)).toEqual([first, second]);
  for (const lane of ['a', 'b', 'c']) expect(numbersOf(expected, lane)).toEqual(numbersOf(expected, lane).toSorted((x, y) => x - y));
  // The new lane shares from V on: its tenth is not far behind the twentieth of all.
  expect(expected.indexOf('c-9')).toBeLessThan(34);

  await rebase(ledger.store, ledger.queues, 'allegro', SMALL);
  expect(await inOrder(ledger)).toEqual(expected);
  // BullMQ puts a stalled or delayed job back by what the job itself says.
  expect(await prioritiesOfJobs(ledger)).toEqual(await prioritiesInSet(ledger));
  expect(await lowestPlace(ledger)).toBeLessThan(SMALL.room + 3);
  const taken: string[] = [];
  while ((await inOrder(ledger)).length > 0) taken.push(await admit(ledger));
  expect(taken).toEqual(expected);
});

test('a queue that never drains stays within the range for ever, and every lane in its order', async () => {
  const ledger = await openWideLedger();
  const taken: string[] = [];
  for (let wave = 0; wave < 8; wave += 1) {
    await waiting(ledger, 'long', wave * 20, wave * 20 + 20);
    await waiting(ledger, `short${wave}`, 0, 4);
    await rebase(ledger.store, ledger.queues, 'allegro', SMALL);
    // Never to the end.
    for (let turn = 0; turn < 22; turn += 1) {
      const id = await admit(ledger);
      taken.push(id);
      await transition(ledger.store, await ledger.generation(id), { from: ['submitting'], to: 'failed', by: `1.end-${id}` });
    }
    expect(await lowestPlace(ledger)).toBeLessThan(SMALL.at + 40);
    expect(numbersOf(taken, 'long')).toEqual(numbersOf(taken, 'long').map((_, at) => at));
  }
  // 176 turns were admitted by a range of 80; lanes that have ended are forgotten.
  expect(Number(await ledger.redis.hget(ledger.store.keys.turns('allegro'), '2'))).toBeGreaterThan(120);
  expect(await ledger.redis.hexists(ledger.store.keys.lanes('allegro'), '2:short0')).toBe(0);
});

test('a job that a crash left at a place of before is put where its turn belongs', async () => {
  const ledger = await openWideLedger();
  await waiting(ledger, 'a', 0, 60);
  for (let turn = 0; turn < 50; turn += 1) await admit(ledger);
  const result = await createGenerations(ledger.store, { batch: 'late', lane: 'late', attended: false, items: [newGeneration('late')] });
  if (result.outcome !== 'accepted') throw new Error(result.outcome);
  const [created] = result.fresh;
  await rebase(ledger.store, ledger.queues, 'allegro', SMALL);
  // Added after the rebase with the place of before, and nobody looked again.
  const priority = submitPriority(1, created?.place ?? 0);
  await ledger.queues.get('allegro-submit').add('submit.v1', { v: 1, id: 'late', seq: 1, title: '' }, { jobId: 'late-1', priority });
  expect((await inOrder(ledger)).at(-1)).toBe('late');
  expect(await repair(ledger.store, ledger.queues, ['late'])).toBe(0);
  expect((await inOrder(ledger)).indexOf('late')).toBeLessThan(2);

  // And who hands over by itself looks again.
  const again = await createGenerations(ledger.store, { batch: 'later', lane: 'later', attended: false, items: [newGeneration('later')] });
  if (again.outcome !== 'accepted' || again.fresh[0] === undefined) throw new Error(again.outcome);
  await handOver(ledger.store, ledger.queues, [{ ...(await ledger.generation('later')), place: 300 }]);
  expect((await inOrder(ledger)).indexOf('later')).toBeLessThan(4);
});

function numbersOf(ids: readonly string[], lane: string): number[] {
  return ids.filter((id) => id.startsWith(`${lane}-`)).map((id) => Number(id.slice(lane.length + 1)));
}

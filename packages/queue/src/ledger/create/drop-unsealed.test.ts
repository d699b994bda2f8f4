import { expect, onTestFinished, test, vi } from 'vitest';
import { newGeneration, openTestLedger, type TestLedger } from '../../../../../test/support/ledger.ts';
import { createChunk, openIntake, type OpenedIntake } from './create-chunk.ts';
import { CREATE } from './create-script.ts';
import { ABANDON, SEAL } from './sealing-script.ts';
import { createGenerations } from './create.ts';
import { dropUnsealed } from './drop-unsealed.ts';
import { readGeneration } from '../read.ts';
import { runScript } from '../store.ts';

const HOUR_MS = 3_600_000;
const intake = { batch: 'films', lane: 'films', attended: false, items: ['one', 'two', 'three'].map((id) => newGeneration(id)) };

test('what a crash left of an intake is taken away, and not what was accepted, or is being accepted, under its ids since', async () => {
  const ledger = openTestLedger(undefined, 1);
  const { store, redis } = ledger;
  const crashed = await write(ledger);
  await age(ledger, crashed);
  expect(await createGenerations(store, { ...intake, batch: 'other', items: [newGeneration('one')] })).toMatchObject({ outcome: 'accepted', created: ['one'] });
  await redis.hdel(store.keys.batch('films'), 'intake', 'intakeAt');
  const younger = await write(ledger, [newGeneration('two')]);

  expect(await dropUnsealed(store, HOUR_MS)).toBe(1);

  expect(await readGeneration(store, 'one')).toMatchObject({ batch: 'other' });
  expect(await redis.exists(store.keys.generation('three'), store.keys.intake(crashed.token))).toBe(0);
  expect(await redis.zrange(store.keys.intakes, '0', '-1')).toEqual([younger.token]);
  expect(await seal(ledger, younger, ['two'])).toBe(1);
  expect(await readGeneration(store, 'two')).toMatchObject({ state: 'queued', batch: 'films' });
});

test('an intake that slept for so long that it was taken away cannot be sealed as if it had brought nothing', async () => {
  const ledger = openTestLedger(undefined, 1);
  const slept = await write(ledger);
  await age(ledger, slept);
  await dropUnsealed(ledger.store, HOUR_MS);
  expect(await seal(ledger, slept, [])).toBe(0);
});

test('an old intake over several shards is left to those who ask its home whether it was decided', async () => {
  const { store, redis } = openTestLedger(undefined, 2);
  const shard = store.shards[1] ?? store;
  await redis.zadd(shard.keys.intakes, 1, '0.decided', 2, 'alone');
  await dropUnsealed(shard, HOUR_MS);
  expect(await redis.zrange(shard.keys.intakes, '0', '-1')).toEqual(['0.decided']);
});

test('a batch of which a part was taken away while it was written is not accepted without that part', async () => {
  const { store, redis } = openTestLedger(undefined, 1);
  const send = redis.evalsha.bind(redis) as (...words: unknown[]) => Promise<unknown>;
  let chunks = 0;
  const spy = vi.spyOn(redis, 'evalsha').mockImplementation(async (...words: unknown[]) => {
    if (words[0] === CREATE.sha1 && (chunks += 1) === 4) await dropUnsealed(store, -HOUR_MS);
    return send(...words);
  });
  onTestFinished(() => spy.mockRestore());
  const items = Array.from({ length: 1_000 }, (_, at) => newGeneration(`film-${at}`));

  expect(await createGenerations(store, { ...intake, items })).toEqual({ outcome: 'busy' });

  expect(await redis.zcard(store.keys.all)).toBe(0);
  expect(await createGenerations(store, { ...intake, items })).toMatchObject({ outcome: 'accepted', known: [] });
  expect(await redis.zcard(store.keys.all)).toBe(1_000);
});

test('an intake whose batch another one has taken since can neither be sealed nor take back what is the other one\'s', async () => {
  const ledger = openTestLedger(undefined, 1);
  const { store, redis } = ledger;
  const ids = intake.items.map(({ id }) => id);
  const slept = await write(ledger);
  await redis.hset(store.keys.batch('films'), 'intakeAt', Date.now() - 61_000);
  const next = await write(ledger);
  expect(await seal(ledger, slept, ids)).toBe(0);
  const { batch, all, intakes, intake: list, generation } = store.keys;
  expect(await runScript(store, ABANDON, [batch('films'), all, intakes, list(slept.token), ...ids.map(generation)], [slept.token, 'films', ...ids])).toBe(0);
  expect(await seal(ledger, next, ids)).toBe(1);
});

test('an intake is not taken away while it is written because a clock is hours ahead', async () => {
  const ledger = openTestLedger(undefined, 1);
  const young = await write(ledger);
  const now = Date.now();
  const clock = vi.spyOn(Date, 'now').mockReturnValue(now + 2 * HOUR_MS);
  await dropUnsealed(ledger.store, HOUR_MS).finally(() => clock.mockRestore());
  expect(await seal(ledger, young, intake.items.map(({ id }) => id))).toBe(1);
});

async function write({ store }: TestLedger, items = intake.items): Promise<OpenedIntake> {
  const opened = openIntake(store, intake);
  const [outcome] = await createChunk(store, items, { intake, opened, seal: 'later', latest: 0 });
  expect(outcome).toBe('accepted');
  return opened;
}

/** As it is two hours later. */
async function age({ store, redis }: TestLedger, { token }: OpenedIntake): Promise<void> {
  const then = Date.now() - 2 * HOUR_MS;
  await redis.zadd(store.keys.intakes, then, token);
  for (const { id } of intake.items) await redis.hset(store.keys.generation(id), 'createdAt', then, 'changedAt', then);
}

function seal({ store }: TestLedger, { keys, args }: OpenedIntake, ids: string[]): Promise<unknown> {
  return runScript(store, SEAL, [...keys, ...ids.map(store.keys.generation)], [...args, 0]);
}

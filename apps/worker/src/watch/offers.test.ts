/** How long what is queued again waits for the word of its upstream about the task that a callback has named. */
import { expect, onTestFinished, test, vi } from 'vitest';
import { ProviderError } from '@dailies/providers';
import { createLog, note, readGeneration, type Generation, type State } from '@dailies/queue';
import { ACCOUNT, accept, newGeneration, openTestLedger, shardHolding } from '../../../../test/support/ledger.ts';
import type { WorkerContext } from '../context.ts';
import { createOfferWatch } from './offers.ts';

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
const GRACE = 5 * MINUTE;
type Word = 'missing' | 'unanswered' | 'of another' | 'hangs';

/** A generation in `state`, of which `first` was named, and the clock by which the watch looks. */
async function named(state: State = 'queued') {
  vi.useFakeTimers({ toFake: ['Date'] });
  onTestFinished(() => void vi.useRealTimers());
  const ledger = openTestLedger();
  await accept(ledger.store, 'b', [newGeneration('g1'), newGeneration('g2')]);
  const shard = await shardHolding(ledger.store, 'g1');
  const waits = async (id: string, offer: string): Promise<void> => {
    await shard.redis.hset(shard.keys.generation(id), { state, offer, sendBy: Date.now(), ...(state === 'queued' ? { held: 'offered' } : {}) });
    if (state === 'queued') await shard.redis.sadd(shard.keys.held(ACCOUNT), id);
    await shard.redis.sadd(shard.keys.offered, id);
  };
  await waits('g1', 'first');
  let answers = (): void => undefined;
  const answered = new Promise<void>((resolve) => {
    answers = resolve;
  });
  const asked: string[] = [];
  let word: Word = 'unanswered';
  const recognise = async ({ id }: { id: string }): Promise<'missing' | null> => {
    asked.push(id);
    if (word === 'hangs') await answered;
    if (word === 'unanswered') throw new ProviderError('unavailable', 'away');
    return word === 'missing' ? 'missing' : null;
  };
  const account = { id: ACCOUNT, baseUrl: 'http://127.0.0.1:1', apiKey: { reveal: () => 'key' } };
  const context = {
    store: shard, queues: ledger.queues.of(shard.number), stopping: new AbortController().signal, log: createLog({ level: 'silent', name: 'test' }),
    config: { providers: { allegro: { account, pace: { missingGraceMs: GRACE } } } },
    providers: { allegro: { taskFrom: (id: string) => ({ id }), recognise } },
  } as unknown as WorkerContext;
  const watch = createOfferWatch(context);
  return {
    asked,
    answers,
    alsoWaits: waits,
    saidOf: async (task: string): Promise<void> => void (await note(ledger.store, (await readGeneration(ledger.store, 'g1'))!, { offerSeen: task })),
    generation: async (): Promise<Generation | null> => readGeneration(ledger.store, 'g1'),
    isWatched: async (): Promise<boolean> => (await shard.redis.sismember(shard.keys.offered, 'g1')) === 1,
    name: async (task: string): Promise<void> => void (await note(ledger.store, (await readGeneration(ledger.store, 'g1'))!, { offer: task })),
    isQueuedAgain: async (): Promise<void> => void (await shard.redis.hincrby(shard.keys.generation('g1'), 'seq', 2)),
    /** The watch looks, `ms` after it looked last. */
    looks: async (says: Word, ms = 0): Promise<void> => {
      word = says;
      vi.setSystemTime(Date.now() + ms);
      await watch();
    },
  };
}

test('a name that the upstream does not know holds it for as long as a task may be new there, however often another is named', async () => {
  const { looks, name, generation, isWatched } = await named();
  await looks('missing');
  await name('second');
  await looks('missing', GRACE - 1_000);
  expect(await generation()).toMatchObject({ held: 'offered' });
  await looks('missing', MINUTE);
  const free = await generation();
  expect(free).toMatchObject({ state: 'queued', seq: 2, offerSeen: 'second', quick: 1 });
  expect(free?.held).toBeUndefined();
  expect(await isWatched()).toBe(false);
});

test('an upstream that does not answer has it held for a day, and a name that was given up counts as one that put it off', async () => {
  const { looks, generation } = await named();
  await looks('unanswered');
  await looks('unanswered', DAY - MINUTE);
  expect(await generation()).toMatchObject({ held: 'offered' });
  await looks('unanswered', 2 * MINUTE);
  const free = await generation();
  expect(free).toMatchObject({ offerSeen: 'first', quick: 1 });
  expect(free?.held).toBeUndefined();
});

test('nothing is given up by the looks of half an hour after a stop of days: that may be an ordinary outage', async () => {
  const { looks, generation, asked } = await named();
  await looks('unanswered', 2 * DAY);
  await looks('unanswered', 30 * MINUTE);
  expect(await generation()).toMatchObject({ held: 'offered' });
  await looks('of another', MINUTE);
  expect((await generation())?.held).toBeUndefined();
  expect(asked).toEqual(['first', 'first', 'first']);
});

test('what was cut short before its release is released, whatever the upstream says by then', async () => {
  const { looks, generation, saidOf } = await named();
  await saidOf('first');
  await looks('unanswered');
  expect((await generation())?.held).toBeUndefined();
});

test('one of which the upstream does not end its answer holds up no other', async () => {
  const { looks, asked, alsoWaits, answers } = await named();
  await alsoWaits('g2', 'second');
  const over = looks('hangs');
  await expect.poll(() => asked.toSorted()).toEqual(['first', 'second']);
  answers();
  await over;
});

test('what is not unresolved yet, and will be asked about then, is kept', async () => {
  const { looks, isWatched, asked } = await named('ambiguous');
  await looks('of another');
  expect(asked).toEqual([]);
  expect(await isWatched()).toBe(true);
});

test('what is unresolved is asked about for a day, though the upstream does not know the name: a person is asked meanwhile', async () => {
  const { looks, isWatched } = await named('unresolved');
  await looks('missing');
  await looks('missing', DAY - MINUTE);
  expect(await isWatched()).toBe(true);
  await looks('missing', 2 * MINUTE);
  expect(await isWatched()).toBe(false);
});

test('a task that is named while the upstream is asked about another is asked about too', async () => {
  const { looks, answers, asked, name, isWatched } = await named('unresolved');
  const over = looks('hangs');
  await expect.poll(() => asked).toEqual(['first']);
  await name('second');
  answers();
  await over;
  expect(await isWatched()).toBe(true);
  await looks('of another');
  expect(asked).toEqual(['first', 'second']);
  expect(await isWatched()).toBe(false);
});

test('what has been sent again since is asked about for as long as if it were named for the first time', async () => {
  const { looks, generation, isQueuedAgain } = await named();
  await looks('missing');
  await isQueuedAgain();
  await looks('missing', GRACE + 1_000);
  expect(await generation()).toMatchObject({ held: 'offered' });
  await looks('missing', GRACE);
  expect((await generation())?.held).toBeUndefined();
});

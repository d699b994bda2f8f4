import { setTimeout as rest } from 'node:timers/promises';
import { describe, expect, test, vi } from 'vitest';
import { newGeneration, openTestLedger, type TestLedger } from '../../../../../test/support/ledger.ts';
import { shardAt, shardOf } from '../../shards/routing.ts';
import { batchIds, batchNames, readBatch } from '../batches.ts';
import { createGenerations } from './create.ts';
import { DECIDE, SEAL_PART } from './create-across-script.ts';
import { createChunk, openIntake } from './create-chunk.ts';
import { CREATE } from './create-script.ts';
import type { CreateResult, NewGeneration } from './intake.ts';
import { allCounts, readGeneration, readGenerations, unknownIds } from '../read.ts';
import { settleIntake, settleIntakes, takeBack } from './settle-intakes.ts';
import { openStore, type Script, type Store } from '../store.ts';
import { transition } from '../transition.ts';

const ORIGIN = 'http://127.0.0.1:1';

function of(provider: 'allegro' | 'kling' | 'hailuo' | 'luma', id: string, more: Partial<NewGeneration> = {}): NewGeneration {
  const account = provider === 'hailuo' ? 'acedata' : provider;
  return newGeneration(id, { provider, account: `${account}@${ORIGIN}`, ...more });
}

async function accept(store: Store, batch: string | null, items: NewGeneration[], more: object = {}): Promise<CreateResult> {
  return createGenerations(store, { batch, lane: batch ?? 'key', attended: false, items, ...more });
}

/** What the sweep of each shard does some time later: every decision is an old one then. */
async function settleLater(store: Store): Promise<void> {
  for (const { redis, keys } of store.shards) {
    for (const [token, decision] of Object.entries(await redis.hgetall(keys.decisions))) await redis.hset(keys.decisions, token, decision.replace(/\d+$/, '0'));
  }
  for (const shard of store.shards) await settleIntakes(shard);
}

const open = (): TestLedger => openTestLedger(undefined, 4);

describe('an intake over several shards', () => {
  test('puts each generation into the shard of its account, and reads as one batch in the order it came', async () => {
    const { store } = open();
    const items = [of('kling', 'a'), of('allegro', 'b'), of('hailuo', 'c'), of('kling', 'd')];
    const result = await accept(store, 'films', items, { folder: '/films', createdBy: 'studio' });
    expect(result).toMatchObject({ outcome: 'accepted', created: ['a', 'b', 'c', 'd'], known: [] });
    expect(await batchIds(store, 'films')).toEqual(['a', 'b', 'c', 'd']);
    expect(await readBatch(store, 'films')).toMatchObject({ total: 4, counts: { queued: 4 }, folder: '/films', createdBy: 'studio', attended: false, finishedAt: null });
    expect(await batchNames(store)).toEqual(['films']);
    const found = await readGenerations(store, ['a', 'b', 'c', 'd', 'nobody']);
    expect(found.map((one) => one?.shard)).toEqual(items.map(({ account }) => shardOf(store, account).number).concat([undefined as never]));
    expect(new Set(found.map((one) => one?.shard)).size).toBeGreaterThan(2);
    // Nothing of it is left to be done.
    for (const shard of store.shards) expect(await shard.redis.exists(shard.keys.decisions, shard.keys.intakes)).toBe(0);
    for (const [at, id] of ['a', 'b', 'c', 'd'].entries()) expect(await store.redis.hget(shardAt(store, found[at]?.shard ?? 0).keys.generation(id), 'pending')).toBeNull();
  });

  test('again is known, and more of it is added behind', async () => {
    const { store } = open();
    await accept(store, 'films', [of('kling', 'a'), of('allegro', 'b')]);
    expect(await accept(store, 'films', [of('kling', 'a'), of('luma', 'n'), of('allegro', 'b')])).toMatchObject({ outcome: 'accepted', created: ['n'], known: ['a', 'b'] });
    expect(await batchIds(store, 'films')).toEqual(['a', 'b', 'n']);
    // In whichever shard it would be: one of them is the home of the batch.
    for (const provider of ['kling', 'allegro', 'luma'] as const) {
      expect(await accept(store, 'films', [of(provider, 'other')], { closed: true }), provider).toEqual({ outcome: 'other', ids: ['other'] });
    }
    for (const { redis, keys } of store.shards) expect(await redis.exists(keys.generation('other'), keys.intakes), 'nothing is left of it').toBe(0);
    expect(await accept(store, 'films', [of('kling', 'a')], { closed: true })).toMatchObject({ outcome: 'accepted', known: ['a'] });
    expect(await accept(store, 'copy', [of('kling', 'a')])).toMatchObject({ outcome: 'accepted', created: [], known: ['a'] });
    expect(await batchNames(store), 'no batch without a generation').toEqual(['films']);
  });

  test('of a batch from when the ledger had one shard goes on in that batch, whichever shard its home is now', async () => {
    const { redis, tag, store: before } = openTestLedger(undefined, 1);
    const store = openStore(redis, tag, 4);
    for (const name of ['films', 'clips', 'shorts', 'trailers', 'spots']) {
      await accept(before, name, [of('kling', `${name}-a`)]);
      expect(await accept(store, name, [of('luma', `${name}-b`)], { closed: true }), name).toEqual({ outcome: 'other', ids: [`${name}-b`] });
      expect(await accept(store, name, [of('kling', `${name}-a`), of('luma', `${name}-b`)])).toMatchObject({ outcome: 'accepted', created: [`${name}-b`] });
      expect(await batchIds(store, name)).toEqual([`${name}-a`, `${name}-b`]);
    }
    expect(await batchNames(store), 'each once').toEqual(['spots', 'trailers', 'shorts', 'clips', 'films']);
  });

  test('is refused as a whole when an id stands for another request in any shard', async () => {
    const { store } = open();
    await accept(store, 'one', [of('kling', 'mine')]);
    const other = of('allegro', 'mine', { fingerprint: 'another' });
    expect(await accept(store, 'two', [of('hailuo', 'x'), other])).toEqual({ outcome: 'conflict', ids: ['mine'] });
    expect(await accept(store, null, [other])).toEqual({ outcome: 'conflict', ids: ['mine'] });
    expect(await readBatch(store, 'two')).toBeNull();
    expect(await unknownIds(store, ['x'])).toEqual(['x']);
    expect((await allCounts(store)).hailuo.queued).toBe(0);
  });

  test('knows what is in another shard since its account changed, and does not create it again', async () => {
    const { store } = open();
    await accept(store, 'films', [newGeneration('a', { provider: 'luma', account: `acedata@${ORIGIN}` }), of('kling', 'b')]);
    const result = await accept(store, 'films', [newGeneration('a', { provider: 'luma', account: `luma@${ORIGIN}` }), of('kling', 'b')]);
    expect(result).toMatchObject({ outcome: 'accepted', created: [], known: ['a', 'b'] });
    expect((await readGeneration(store, 'a'))?.account).toBe(`acedata@${ORIGIN}`);
    expect(await readBatch(store, 'films')).toMatchObject({ total: 2 });
  });

  test('of an id that comes to two shards at the same moment is won by exactly one', async () => {
    const { store } = open();
    for (let round = 0; round < 20; round += 1) {
      const id = `r${round}`;
      const sides = [of('kling', id, { fingerprint: 'k' }), of('allegro', id, { fingerprint: 'a' })];
      const results = await Promise.all(sides.map((item) => accept(store, null, [item])));
      expect(results.filter(({ outcome }) => outcome === 'accepted').length, JSON.stringify(results)).toBeLessThanOrEqual(1);
      // Whoever was told that it is busy asks again, and is told then.
      const again = await Promise.all(sides.map((item) => accept(store, null, [item])));
      expect(again.map(({ outcome }) => outcome).toSorted()).toEqual(['accepted', 'conflict']);
      const places = await Promise.all(store.shards.map(({ redis, keys }) => redis.zscore(keys.all, id)));
      expect(places.filter((place) => place !== null)).toHaveLength(1);
    }
  });

  test('is finished when it has moved in every shard, with a revision that only grows', async () => {
    const { store } = open();
    await accept(store, 'films', [of('kling', 'a'), of('allegro', 'b')]);
    const cancel = async (id: string): Promise<void> => {
      const generation = await readGeneration(store, id);
      if (generation !== null) await transition(store, generation, { from: ['queued'], to: 'canceled', by: `1.${id}` });
    };
    await cancel('a');
    expect((await readBatch(store, 'films'))?.finishedAt).toBeNull();
    await cancel('b');
    const finished = await readBatch(store, 'films');
    expect(finished?.finishedAt).toBeGreaterThan(0);
    await accept(store, 'films', [of('luma', 'c')]);
    expect((await readBatch(store, 'films'))?.finishedAt).toBeNull();
    await cancel('c');
    expect((await readBatch(store, 'films'))?.revision).toBeGreaterThan(finished?.revision ?? 0);
  });
});

describe('an intake that must be decided in time', () => {
  /** A Redis that takes long for one script. */
  function slowFor(store: Store, { sha1 }: Script): Store {
    return withRedis(store, ({ script, send }) => (script === sha1 ? rest(600).then(send) : send()));
  }

  const items = [of('kling', 'a'), of('allegro', 'b')];

  test('may take as long to write as it has to, since nobody sees it before', async () => {
    const { store } = open();
    // On a busy machine what is left to do may take as long, and it is asked for again.
    await expect.poll(() => accept(slowFor(store, CREATE), 'large', items, { withinMs: 300 })).toMatchObject({ outcome: 'accepted', created: ['a', 'b'] });
  });

  test.each(['late', null])('is not accepted by a decision that comes too late, and nothing of it is left: batch %s', async (batch) => {
    const { store } = open();
    // Single requests of one shard are decided by sealing them.
    const [decides, brought] = batch === null ? [SEAL_PART, items.slice(0, 1)] : [DECIDE, items];
    expect(await accept(slowFor(store, decides), batch, brought, { withinMs: 300 })).toEqual({ outcome: 'busy' });
    expect(await readBatch(store, 'late')).toBeNull();
    expect(await unknownIds(store, brought.map(({ id }) => id))).toHaveLength(brought.length);
    for (const { redis, keys } of store.shards) expect(await redis.exists(keys.intakes, keys.generation('a'), keys.generation('b'))).toBe(0);
  });

  test('is answered for when Redis falls silent, without waiting for what it left to be taken back', async () => {
    const { store } = open();
    // As after the time-out of a command; whatever is asked next would take as long again.
    const silent = withRedis(store, ({ command, send }) => {
      if (command === 'evalsha') return Promise.reject(new Error('Command timed out'));
      return command === 'hget' ? new Promise(() => undefined) : send();
    });
    await expect(accept(silent, 'silent', items)).rejects.toThrow('Command timed out');
  });

  test('leaves nothing in any shard when Redis refuses the decision', async () => {
    const { store } = open();
    const refusing = withRedis(store, ({ script, send }) => (script === DECIDE.sha1 ? Promise.reject(new Error('OOM')) : send()));
    await expect(accept(refusing, 'full', items)).rejects.toThrow('OOM');
    // On a busy machine the caller does not wait for it.
    for (const { redis, keys } of store.shards) await expect.poll(() => redis.exists(keys.intakes, keys.generation('a'), keys.generation('b'))).toBe(0);
  });
});

interface Sent {
  command: string | symbol;
  /** The SHA-1 of the script, if it is one. */
  script: unknown;
  /** Sends it to the real one. */
  send: () => unknown;
}

/** A store whose Redis answers each command like this. */
function withRedis(store: Store, answer: (sent: Sent) => unknown): Store {
  const redis = new Proxy(store.redis, {
    get(target, command) {
      const value: unknown = Reflect.get(target, command, target);
      if (typeof value !== 'function') return value;
      return (...args: unknown[]): unknown =>
        answer({ command, script: command === 'evalsha' ? args[0] : undefined, send: () => Reflect.apply(value, target, args) as unknown });
    },
  });
  const whole: Store = { ...store, redis, shards: [] };
  const shards = store.shards.map((shard) => ({ ...shard, redis, whole }));
  for (const shard of shards) Object.assign(shard, { shards: [shard] });
  return Object.assign(whole, { shards, whole });
}

describe('a crash of an intake over several shards', () => {
  /** Ends in the middle: Redis refuses what comes after so many scripts. */
  function dying(store: Store, after: number): Store {
    let left = after;
    return withRedis(store, ({ command, send }) => {
      if (command === 'evalsha' || command === 'eval') left -= 1;
      return left < 0 ? Promise.reject(new Error('killed')) : send();
    });
  }

  const items = [of('kling', 'a'), of('allegro', 'b'), of('hailuo', 'c'), of('luma', 'd'), of('kling', 'e')];

  test('at any of its writes leaves nothing of it, or all of it once somebody came by', async () => {
    const outcomes: string[] = [];
    for (let after = 0; after < 40; after += 1) {
      const { store } = open();
      // Loads the scripts, so that each counts once.
      await accept(store, 'warm', [of('kling', 'w'), of('allegro', 'v')]);
      const died = await accept(dying(store, after), 'films', items, { attended: true }).then(() => false, () => true);
      const before = await readBatch(store, 'films');
      await settleLater(store);
      const batch = await readBatch(store, 'films');
      const missing = await unknownIds(store, items.map(({ id }) => id));
      expect([0, items.length], `after ${after} scripts`).toContain(missing.length);
      expect(batch === null ? 0 : batch.total).toBe(items.length - missing.length);
      if (missing.length === items.length) expect(before).toBeNull();
      outcomes.push(missing.length === 0 ? 'all' : 'nothing');
      // Whoever asks again gets it, once what held its ids is known to be dead.
      for (const shard of store.shards) for (const token of await shard.redis.zrange(shard.keys.intakes, '0', '-1')) await settleIntake(store, shard, token, 120_000);
      expect(await accept(store, 'films', items, { attended: true })).toMatchObject({ outcome: 'accepted' });
      expect(await batchIds(store, 'films')).toEqual(items.map(({ id }) => id));
      expect((await readBatch(store, 'films'))?.total).toBe(items.length);
      if (!died) break;
    }
    // It dies before the decision at first, after it later, and in the end not at all.
    expect(outcomes[0]).toBe('nothing');
    expect(outcomes.at(-1)).toBe('all');
    expect(outcomes.join(' ')).toMatch(/^(nothing )+(all ?)+$/);
    expect(outcomes.filter((one) => one === 'all').length).toBeGreaterThan(3);
  });

  test('is decided once, also when the decision is sent again after somebody else has sealed it and forgotten it', async () => {
    const { store } = open();
    // The connection was lost with the answer, and came back later than a sweep.
    const resending = withRedis(store, async ({ script, send }) => {
      const answer = await send();
      if (script !== DECIDE.sha1) return answer;
      await settleLater(store);
      return send();
    });
    await accept(store, 'warm', items);
    const own = items.map((item) => ({ ...item, id: `own-${item.id}` }));
    expect(await accept(resending, 'films', own)).toMatchObject({ outcome: 'accepted' });
    for (const { id } of own) {
      const generation = await readGeneration(store, id);
      if (generation !== null) await transition(store, generation, { from: ['queued'], to: 'canceled', by: `1.${id}` });
    }
    expect(await readBatch(store, 'films')).toMatchObject({ total: items.length, finishedAt: expect.any(Number) as number });
  });

  test.each(['films', null])('that was taken for dead, and given up, is not decided by whoever made it and was only slow: batch %s', async (batch) => {
    const { store } = open();
    // Single requests of one shard are decided by sealing them.
    const brought = batch === null ? items.slice(0, 1) : items;
    const slow = withRedis(store, async ({ script, send }) => {
      if (script === (batch === null ? SEAL_PART : DECIDE).sha1) {
        for (const shard of store.shards) {
          for (const token of await shard.redis.zrange(shard.keys.intakes, '0', '-1')) expect(await settleIntake(store, shard, token, 60_000)).toBe('gone');
        }
      }
      return send();
    });
    expect(await accept(slow, batch, brought)).toEqual({ outcome: 'busy' });
    expect(await readBatch(store, 'films')).toBeNull();
    expect(await unknownIds(store, brought.map(({ id }) => id))).toHaveLength(brought.length);
  });

  /** An intake that has written its part in one shard, and is not decided. */
  async function halfIntake(store: Store) {
    const shard = shardOf(store, `kling@${ORIGIN}`);
    const intake = { batch: null, lane: 'key', attended: false, items: [] };
    const token = `${shard.number}.half`;
    await createChunk(shard, [of('kling', 'a')], { intake, opened: openIntake(shard, intake, token), seal: 'part', latest: 0, offsets: [1] });
    return { shard, token };
  }

  test('holds its ids for a minute, and then for nobody', async () => {
    const { store } = open();
    const { shard, token } = await halfIntake(store);
    expect(await accept(store, null, [of('allegro', 'a', { fingerprint: 'other' })])).toEqual({ outcome: 'busy' });
    await shard.redis.zadd(shard.keys.intakes, Date.now() - 61_000, token);
    expect(await accept(store, null, [of('allegro', 'a', { fingerprint: 'other' })])).toMatchObject({ outcome: 'accepted', created: ['a'] });
    expect(await shard.redis.exists(shard.keys.generation('a'))).toBe(0);
  });

  test('is sealed, and not taken back, by whoever would end it and comes after its decision', async () => {
    const { store } = open();
    const { shard, token } = await halfIntake(store);
    // It is decided between the look and the end.
    const decide = () => store.redis.hset(shard.keys.decisions, token, `0|0|${shard.number}|${shard.number}||${Date.now()}`).then(() => null);
    const looked = withRedis(store, ({ command, send }) => (command === 'hget' ? decide() : send()));
    expect(await settleIntake(looked, shard, token, 120_000)).toBe('sealed');
    expect(await unknownIds(store, ['a'])).toEqual([]);
  });

  test('is neither given up nor forgotten to have been by a worker whose clock is days ahead', async () => {
    const { store } = open();
    const shard = shardOf(store, `kling@${ORIGIN}`);
    const intake = { batch: null, lane: 'key', attended: false, items: [] };
    const [slow, gone] = [`${shard.number}.slow`, `${shard.number}.gone`];
    await createChunk(shard, [of('kling', 'a')], { intake, opened: openIntake(shard, intake, slow), seal: 'part', latest: 0, offsets: [1] });
    expect(await settleIntake(store, shard, gone, Number.POSITIVE_INFINITY)).toBe('gone');
    const now = Date.now();
    const clock = vi.spyOn(Date, 'now').mockReturnValue(now + 48 * 3_600_000);
    expect(await settleIntakes(shard).finally(() => clock.mockRestore())).toBe(0);
    expect(await shard.redis.hget(shard.keys.generation('a'), 'pending')).toBe(slow);
    // Else whoever was paused since could still decide it, and accept what was taken back.
    expect(await shard.redis.hexists(shard.keys.decisions, gone)).toBe(1);
  });

  test('that ended is not taken out of the one that had its id after it', async () => {
    const { store } = open();
    const shard = shardOf(store, `kling@${ORIGIN}`);
    const intake = { batch: null, lane: 'key', attended: false, items: [] };
    const [dead, alive] = [`${shard.number}.dead`, `${shard.number}.alive`];
    for (const token of [dead, alive]) {
      await createChunk(shard, [of('kling', 'a')], { intake, opened: openIntake(shard, intake, token), seal: 'part', latest: 0, offsets: [1] });
      // The list of the first is still there when its id is another's: a take-back was cut off, or is sent again.
      if (token === dead) await takeBack(shard, dead, ['a']);
    }
    await takeBack(shard, dead);
    expect(await shard.redis.hget(shard.keys.generation('a'), 'pending')).toBe(alive);
  });
});

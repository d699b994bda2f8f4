/** What is accepted is kept, also by the replicas; and what was refused for their sake is accepted when it is asked for again. */
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { accept, newGeneration, openTestLedger, type TestLedger } from '../../../../test/support/ledger.ts';
import { freePort, type RedisServer, startRedisServer } from '../../../../test/support/redis-server.ts';
import { openStore, type Store } from '../ledger/store.ts';
import { cancelGeneration } from '../operations/cancel.ts';
import type { RedisConnection } from '../redis/connection.ts';
import type { State } from '../states.ts';
import { acceptItems, keepOnReplicas } from './accept.ts';
import { awaitReplicas, TooFewReplicas } from './replicas.ts';

test('what was refused because the replicas fell silent is accepted when it is asked for again, and not what a person canceled', async () => {
  const { master, replica } = await pair();
  const desk = openTestLedger(`redis://127.0.0.1:${master.port}`, 1);
  // Images are stored between the two questions to the replicas.
  const falling = { contentType: 'image/png', get bytes() { replica.freeze(); return Buffer.from('image'); } };
  const intake = { batch: 'films', lane: 'films', attended: false };
  const ask = (images: (typeof falling)[]) => acceptItems(desk, { ...intake, items: [{ generation: newGeneration('one'), images }] }, { replicas: 1 });

  await expect.poll(() => refusedIn(desk, () => ask([falling]))).toBe(1);
  expect(await desk.generation('one')).toMatchObject({ state: 'canceled', attempts: 0 });
  // Whoever was told that it is not accepted hears no webhook of its end.
  expect((await desk.redis.zrange(desk.store.keys.outbox, '0', '-1')).filter((mark) => mark.startsWith('one:'))).toEqual([]);
  replica.thaw();
  await expect.poll(() => master.ask((redis) => redis.wait(1, 100))).toBe(1);
  // The replica of a busy machine may be late once.
  const again = () => ask([]).then(({ result, handedOver }) => handedOver.then(() => result), String);
  await expect.poll(again).toMatchObject({ outcome: 'accepted', known: ['one'] });
  const accepted = await desk.generation('one');
  expect(accepted).toMatchObject({ state: 'queued' });
  expect(await desk.queues.get('allegro-submit').getJob(`one-${accepted.seq}`)).toBeDefined();

  await cancelGeneration(desk, 'one');
  await expect.poll(again).toMatchObject({ outcome: 'accepted', known: ['one'] });
  expect(await desk.generation('one')).toMatchObject({ state: 'canceled' });
});

test('what was refused once has no job before it is known whether the replicas have its new round: a worker would take it from under its refusal', async () => {
  const { master, replica } = await pair();
  const desk = openTestLedger(`redis://127.0.0.1:${master.port}`, 1);
  const falling = { contentType: 'image/png', get bytes() { replica.freeze(); return Buffer.from('image'); } };
  const items = [{ generation: newGeneration('one'), images: [falling] }];
  const ask = () => acceptItems(desk, { batch: 'films', lane: 'films', attended: false, items }, { replicas: 1 });
  for (let round = 1; round <= 2; round += 1) {
    await expect.poll(() => refusedIn(desk, ask)).toBe(round);
    replica.thaw();
    await expect.poll(() => master.ask((redis) => redis.wait(1, 100))).toBe(1);
  }
  const { state, seq } = await desk.generation('one');
  expect([state, seq]).toEqual(['canceled', 2]);
  const events = await desk.redis.xrange(`${desk.store.keys.prefix}:allegro-submit:events`, '-', '+');
  expect(events.flatMap(([, fields]) => fields)).not.toContain('one-2');
});

test('what is known is asked for where it was accepted, though its account has changed since', async () => {
  const { master } = await pair();
  const desk = openTestLedger(`redis://127.0.0.1:${master.port}`, 4);
  const ask = (...asked: [id: string, account: string][]) => {
    const items = asked.map(([id, account]) => ({ generation: newGeneration(id, { provider: 'luma', account: `${account}@http://127.0.0.1:1` }), images: [] }));
    return acceptItems(desk, { batch: 'films', lane: 'films', attended: false, items }, { replicas: 1 }).then(({ result }) => result.outcome, String);
  };
  // The replica of a busy machine may be late once.
  await expect.poll(() => ask(['old', 'acedata'])).toBe('accepted');
  await expect.poll(() => ask(['new', 'luma'], ['old', 'luma'])).toBe('accepted');
  expect(await desk.generation('new')).toMatchObject({ state: 'queued' });
});

test('what a fail-over takes back right after it was written is not accepted because of what was known before', async () => {
  const { master } = await pair();
  const desk = openTestLedger(`redis://127.0.0.1:${master.port}`, 1);
  const items = ['new', 'old'].map((id) => newGeneration(id));
  await accept(desk.store, 'films', items.slice(1));
  // On the master that is no more 'new' was created, which the file has twice.
  await expect(keepOnReplicas(desk, { replicas: 1, batch: 'films', items }, { created: ['new'], known: ['new', 'old'] })).rejects.toThrow(TooFewReplicas);
});

test('where the replicas do not follow nothing is written', async () => {
  const { master, replica } = await pair();
  const desk = openTestLedger(`redis://127.0.0.1:${master.port}`, 1);
  replica.freeze();
  const items = [{ generation: newGeneration('one'), images: [] }];
  await expect(acceptItems(desk, { batch: 'films', lane: 'films', attended: false, items }, { replicas: 1 })).rejects.toThrow(TooFewReplicas);
  expect(await desk.redis.exists(desk.store.keys.generation('one'))).toBe(0);
  replica.thaw();
});

test('what a manifest knew to be paid for goes on, though what is new beside it is not accepted', async () => {
  const desk = openTestLedger();
  const patch = { round: 1, attempts: 1, task: { id: 't1' }, taskKey: 't1' };
  const paid = newGeneration('paid', { earlier: { state: 'overdue', patch, history: [], slotUntil: Date.now() + 60_000 } });
  const items = [paid, newGeneration('new')];
  await accept(desk.store, 'films', items);
  // More than any Redis of the tests has.
  await expect(keepOnReplicas(desk, { replicas: 9, batch: 'films', items }, { created: ['paid', 'new'], known: [] })).rejects.toThrow(TooFewReplicas);
  expect(await desk.generation('paid')).toMatchObject({ state: 'overdue', task: { id: 't1' } });
  expect(await desk.generation('new')).toMatchObject({ state: 'canceled', attempts: 0 });
});

test('what is refused to whoever brought it first, while somebody else brings the same, is not accepted there', async () => {
  const { master } = await pair();
  const desk = openTestLedger(`redis://127.0.0.1:${master.port}`, 1);
  const bring = async (id: string, meanwhile: () => Promise<unknown>): Promise<string> => {
    const items = [newGeneration(id)];
    await accept(desk.store, 'films', items);
    const store = whenAsked(desk, meanwhile);
    return keepOnReplicas({ ...desk, store }, { replicas: 1, batch: 'films', items }, { created: [], known: [id] }).then(() => 'accepted', String);
  };
  let at = 0;
  // The replica of a busy machine may be late once.
  await expect.poll(() => bring(`kept-${(at += 1)}`, () => Promise.resolve())).toBe('accepted');
  const refuse = (id: string) => cancelGeneration(desk, id, NOT_ACCEPTED);
  await expect.poll(() => bring(`lost-${(at += 1)}`, () => refuse(`lost-${at}`))).toContain('the same was refused at this moment');
  // A person's own cancel is no refusal.
  await expect.poll(() => bring(`off-${(at += 1)}`, () => cancelGeneration(desk, `off-${at}`))).toBe('accepted');
});

test('what two bring again at the same moment, and is refused to one of them, is not accepted for the other', async () => {
  const { master } = await pair();
  const desk = openTestLedger(`redis://127.0.0.1:${master.port}`, 1);
  const bring = async (id: string): Promise<[string, State]> => {
    const items = [newGeneration(id)];
    await accept(desk.store, 'films', items);
    const again = { created: [], known: [id] };
    const refused = (store: Store, replicas: number) => keepOnReplicas({ ...desk, store }, { replicas, batch: 'films', items }, again).then(() => 'accepted', String);
    await cancelGeneration(desk, id, NOT_ACCEPTED);
    // More replicas than any Redis of the tests has.
    const first = refused(desk.store, 9);
    const second = refused(whenAsked(desk, () => first), 1);
    await first;
    return [await second, (await desk.generation(id)).state];
  };
  for (let at = 0; at < 3; at += 1) expect([['accepted', 'queued'], [expect.stringContaining('TooFewReplicas'), 'canceled']]).toContainEqual(await bring(`twice-${at}`));
});

test('what was refused once is accepted though its job cannot be added: the sweep does it later, and whoever asked must not be told that it failed', async () => {
  const { master } = await pair();
  const desk = openTestLedger(`redis://127.0.0.1:${master.port}`, 1);
  const generation = newGeneration('one');
  await accept(desk.store, 'films', [generation]);
  await cancelGeneration(desk, 'one', NOT_ACCEPTED);
  const queues = { ...desk.queues, get: () => { throw new Error('Redis is away'); }, of: () => queues };
  const failed: unknown[] = [];
  const options = { replicas: 1, onHandOverFailed: (error: unknown) => void failed.push(error) };
  const ask = () => acceptItems({ ...desk, queues }, { batch: 'films', lane: 'films', attended: false, items: [{ generation, images: [] }] }, options);
  // The replica of a busy machine may be late once.
  await expect.poll(() => ask().then(({ handedOver }) => handedOver.then(() => 'accepted'), String)).toBe('accepted');
  expect(failed).toMatchObject([{ message: 'Redis is away' }]);
  expect(await desk.generation('one')).toMatchObject({ state: 'queued' });
});

test('what was refused once, and whose new round a fail-over takes back, is not accepted because it was known before', async () => {
  const { master } = await pair();
  const desk = openTestLedger(`redis://127.0.0.1:${master.port}`, 1);
  await accept(desk.store, 'films', [newGeneration('again')]);
  const { account, round } = await desk.generation('again');
  // The replica of a busy machine may be late once.
  const asked = (sent: number) => awaitReplicas(desk.store, 1, 'films', [{ id: 'again', account, round: sent }]).then(() => 'kept', String);
  await expect.poll(() => asked(round)).toBe('kept');
  await expect.poll(() => asked(round + 1)).toContain('lost what was just written');
});

test('hundreds that are brought at the same moment ask the replicas together: in a line, they would run out of time', async () => {
  const { master } = await pair();
  const desk = openTestLedger(`redis://127.0.0.1:${master.port}`, 1);
  const bring = (id: string): Promise<string> => {
    const intake = { batch: null, lane: 'test', attended: false, items: [{ generation: newGeneration(id), images: [] }] };
    return acceptItems(desk, intake, { replicas: 1 }).then(({ result, handedOver }) => handedOver.then(() => result.outcome), String);
  };
  // The replica of a busy machine may be late once.
  await expect.poll(() => bring(crypto.randomUUID())).toBe('accepted');
  await master.ask((redis) => redis.config('RESETSTAT'));
  await Promise.all(Array.from({ length: 200 }, (_, at) => bring(`g${at}`)));
  const [, waits] = /cmdstat_wait:calls=(\d+)/.exec(await master.ask((redis) => redis.info('commandstats'))) ?? [];
  expect(Number(waits)).toBeLessThan(100);
});

const NOT_ACCEPTED = { note: 'not accepted: too few replicas of Redis acknowledged', untold: true };

/** The round in which 'one' was refused. 0: on a busy machine a replica may answer the first question too late; then nothing was written. */
async function refusedIn(desk: TestLedger, ask: () => Promise<unknown>): Promise<number> {
  await expect(ask()).rejects.toThrow(TooFewReplicas);
  return desk.generation('one').then(({ round }) => round, () => 0);
}

async function pair(): Promise<{ master: RedisServer; replica: RedisServer }> {
  // Else the master waits five seconds for more replicas to come.
  const master = await start(['--repl-diskless-sync-delay', '0']);
  const replica = await start(['--replicaof', '127.0.0.1', String(master.port)]);
  await expect.poll(() => master.ask((redis) => redis.wait(1, 100))).toBe(1);
  return { master, replica };
}

async function start(words: string[] = []): Promise<RedisServer> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'dailies-accept-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 }));
  const server = await startRedisServer({ folder, port: await freePort(), words });
  onTestFinished(() => server.kill());
  return server;
}

/** The same ledger, on which something happens whenever its replicas are asked. */
function whenAsked({ redis, tag }: TestLedger, happens: () => Promise<unknown>): Store {
  const asking = new Proxy(redis, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name, target);
      if (typeof value !== 'function') return value;
      if (name !== 'duplicate') return value.bind(target) as unknown;
      return (...words: unknown[]): RedisConnection => {
        const beside = Reflect.apply(value, target, words) as RedisConnection;
        const pipeline = beside.pipeline.bind(beside);
        beside.pipeline = (...commands) => {
          const asked = pipeline(...commands);
          const exec = asked.exec.bind(asked);
          asked.exec = () => happens().then(() => exec());
          return asked;
        };
        return beside;
      };
    },
  });
  return openStore(asking, tag, 1);
}

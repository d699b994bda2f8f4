/** REDIS_REPLICAS against a real master and its replica, which freezes, thaws, and is gone. */
import { mkdtemp, rm } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { createLog, openStore } from '@dailies/queue';
import { beforeAll, expect, onTestFinished, test, vi } from 'vitest';
import { accept, newGeneration, openTestLedger, type TestLedger } from '../../../../test/support/ledger.ts';
import { freePort, type RedisServer, startRedisServer } from '../../../../test/support/redis-server.ts';
import { createReplicaGate } from './replica-gate.ts';

const LOG = createLog({ level: 'silent', name: 'test' });

let folder: string;
let master: RedisServer;
let replica: RedisServer;

beforeAll(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'dailies-replicas-'));
  master = await startRedisServer({ folder, port: await freePort(), words: ['--repl-diskless-sync-delay', '0'] });
  const place = await mkdtemp(path.join(folder, 'replica-'));
  replica = await startRedisServer({ folder: place, port: await freePort(), words: ['--replicaof', '127.0.0.1', String(master.port)] });
  await follows();
  return async () => {
    await Promise.all([replica.kill(), master.kill()]);
    await rm(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 });
  };
});

test('what the replica has may be sent; what is not there as it was written is missing, and shuts nothing', async () => {
  const { store, proof, connect: connectAnother, tag } = await written();
  const gate = createReplicaGate(1, LOG);
  // On a busy machine the replica may need more than one question, here and below.
  await expect.poll(() => gate.has(store, proof)).toBe('yes');
  await expect.poll(() => gate.has(store, { ...proof, is: '2' })).toBe('missing');
  await expect.poll(() => gate.has(store, { key: store.keys.all, member: 'nobody' })).toBe('missing');
  await expect.poll(() => gate.has(store, { key: store.keys.events, entry: '1-1' })).toBe('missing');
  expect([await gate.isOpen(store), gate.fault()]).toEqual([true, null]);
  const before = await clients();
  const other = connectAnother();
  await expect.poll(() => gate.has(openStore(other, tag, 1), proof)).toBe('yes');
  other.disconnect();
  // The connection for the questions ends with the one that it is like: else a program that has asked would not end.
  await expect.poll(clients).toBeLessThanOrEqual(before);
});

test('with fewer than asked for nothing leaves and nothing is taken, it is said why, and it goes on by itself when they follow again', async () => {
  const { store, proof } = await written();
  const gate = createReplicaGate(1, LOG);
  await frozen(async () => {
    expect(await gate.has(store, proof)).toBe('few');
    expect(gate.fault()).toContain('fewer than 1 replicas');
    expect(gate.shut()).toEqual([store.number]);
    expect(await gate.isOpen(store)).toBe(false);
    // Asked, and found shut, once a second, and by all who ask together once.
    const before = await waits();
    const clock = vi.spyOn(Date, 'now').mockReturnValue(Date.now() + 1_100);
    expect(await Promise.all(Array.from({ length: 20 }, () => gate.isOpen(store)))).toEqual(Array.from({ length: 20 }, () => false));
    expect(await gate.isOpen(store)).toBe(false);
    clock.mockRestore();
    expect(await waits()).toBe(before + 1);
  });
  await expect.poll(() => gate.isOpen(store)).toBe(true);
  expect([gate.fault(), gate.shut()]).toEqual([null, []]);
});

test('two are not one: each that may be promoted must have it', async () => {
  const { store, proof } = await written();
  expect(await createReplicaGate(2, LOG).has(store, proof)).toBe('few');
});

test('a question that waits for a silent replica holds up nothing else of the ledger', async () => {
  const { store, proof } = await written();
  const gate = createReplicaGate(1, LOG);
  await gate.has(store, proof);
  await frozen(async () => {
    const asked = gate.has(store, proof);
    await store.redis.set(store.keys.acknowledged, 'before');
    expect(await Promise.race([store.redis.ping(), asked])).toBe('PONG');
    expect(await asked).toBe('few');
  });
});

test('a master that is frozen is waited for no longer than its replicas, also where nothing else happens in this process', async () => {
  const { store, proof } = await written();
  const gate = createReplicaGate(1, LOG);
  await gate.has(store, proof);
  master.freeze();
  const began = Date.now();
  expect(await gate.has(store, proof).finally(() => master.thaw())).toBe('few');
  expect(Date.now() - began).toBeLessThan(5_000);
});

test('what the replica has answered while this process had no CPU counts', async () => {
  const { store, proof } = await written();
  const gate = createReplicaGate(1, LOG);
  await gate.has(store, proof);
  await expect
    .poll(async () => {
      const asked = gate.has(store, proof);
      await new Promise(setImmediate);
      const until = Date.now() + 1_300;
      while (Date.now() < until);
      return asked;
    })
    .toBe('yes');
});

test('a connection that was lost and came back has written nothing, and is not taken at its word', async () => {
  const { store, proof } = await written();
  const gate = createReplicaGate(1, LOG);
  await gate.has(store, proof);
  await frozen(async () => {
    const asked = gate.has(store, proof);
    await moment(50);
    await master.ask((redis) => redis.call('CLIENT', 'KILL', 'TYPE', 'NORMAL', 'SKIPME', 'YES'));
    expect(await asked).toBe('few');
  });
});

test('that the connection for the questions takes long to open is no silence of the replicas', async () => {
  let taken = 0;
  const door = createServer((from) => {
    taken += 1;
    const to = connect(master.port, '127.0.0.1');
    from.on('error', () => to.destroy()).on('close', () => to.destroy());
    to.on('error', () => from.destroy()).pipe(from);
    // The first is the ledger's own.
    void moment(taken === 1 ? 0 : 1_300).then(() => from.pipe(to));
  });
  const port = await freePort();
  await new Promise<void>((resolve) => door.listen(port, '127.0.0.1', resolve));
  onTestFinished(() => void door.close());
  await expect
    .poll(async () => {
      taken = 0;
      const { store, proof } = await written(port);
      return createReplicaGate(1, LOG).has(store, proof);
    })
    .toBe('yes');
  expect(taken).toBe(2);
});

async function written(port = master.port): Promise<TestLedger & { proof: { key: string; field: string; is: string } }> {
  const ledger = openTestLedger(`redis://127.0.0.1:${port}`, 1);
  await accept(ledger.store, null, [newGeneration('one')]);
  return { ...ledger, proof: { key: ledger.store.keys.generation('one'), field: 'seq', is: '1' } };
}

async function frozen(act: () => Promise<void>): Promise<void> {
  replica.freeze();
  onTestFinished(() => replica.thaw());
  await act();
  replica.thaw();
  await follows();
}

async function follows(): Promise<void> {
  while ((await master.ask((redis) => redis.set('here', '1').then(() => redis.wait(1, 200)))) < 1) await moment(50);
}

async function clients(): Promise<number> {
  return Number(/connected_clients:(\d+)/.exec(await master.ask((redis) => redis.info('clients')))?.[1] ?? 0);
}

async function waits(): Promise<number> {
  return Number(/cmdstat_wait:calls=(\d+)/.exec(await master.ask((redis) => redis.info('commandstats')))?.[1] ?? 0);
}

function moment(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

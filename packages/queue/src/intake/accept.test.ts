/** What is accepted is kept, also by the replicas; and what was refused for their sake is accepted when it is asked for again. */
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { newGeneration, openTestLedger } from '../../../../test/support/ledger.ts';
import { freePort, type RedisServer, startRedisServer } from '../../../../test/support/redis-server.ts';
import { cancelGeneration } from '../operations/cancel.ts';
import { acceptItems } from './accept.ts';
import { TooFewReplicas } from './replicas.ts';

test('what was refused because the replicas fell silent is accepted when it is asked for again, and not what a person canceled', async () => {
  const master = await start();
  const replica = await start(['--replicaof', '127.0.0.1', String(master.port)]);
  await expect.poll(() => master.ask((redis) => redis.wait(1, 100)), { timeout: 20_000 }).toBe(1);
  const desk = openTestLedger(`redis://127.0.0.1:${master.port}`, 1);
  // Images are stored between the two questions to the replicas.
  const falling = { contentType: 'image/png', get bytes() { replica.freeze(); return Buffer.from('image'); } };
  const intake = { batch: 'films', lane: 'films', attended: false };
  const ask = (images: (typeof falling)[]) => acceptItems(desk, { ...intake, items: [{ generation: newGeneration('one'), images }] }, { replicas: 1 });

  await expect(ask([falling])).rejects.toThrow(TooFewReplicas);
  expect(await desk.generation('one')).toMatchObject({ state: 'canceled', attempts: 0 });
  // Whoever was told that it is not accepted hears no webhook of its end.
  expect((await desk.redis.zrange(desk.store.keys.outbox, '0', '-1')).filter((mark) => mark.startsWith('one:'))).toEqual([]);
  replica.thaw();
  await expect.poll(() => master.ask((redis) => redis.wait(1, 100)), { timeout: 20_000 }).toBe(1);
  expect((await ask([])).result).toMatchObject({ outcome: 'accepted', known: ['one'] });
  const accepted = await desk.generation('one');
  expect(accepted).toMatchObject({ state: 'queued' });
  expect(await desk.queues.get('allegro-submit').getJob(`one-${accepted.seq}`)).toBeDefined();

  await cancelGeneration(desk, 'one');
  await ask([]);
  expect(await desk.generation('one')).toMatchObject({ state: 'canceled' });
});

async function start(words: string[] = []): Promise<RedisServer> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'dailies-accept-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const server = await startRedisServer({ folder, port: await freePort(), words });
  onTestFinished(() => server.kill());
  return server;
}

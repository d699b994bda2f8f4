/** With replicas: what a person was told is not accepted is not paid for behind their back, and is made when they say it again. */
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { loadConfig, repair } from '@dailies/queue';
import { openResults } from '@dailies/results';
import { expect, onTestFinished, test } from 'vitest';
import { newGeneration, openTestLedger } from '../../../../../test/support/ledger.ts';
import { freePort, type RedisServer, startRedisServer } from '../../../../../test/support/redis-server.ts';
import { Complaint } from '../../complaint.ts';
import type { Session } from '../../session.ts';
import { takeIn } from './take-in.ts';

test('prompts that the replicas did not get are canceled before they are called not accepted, and taken when they are said again', async () => {
  const master = await start();
  const replica = await start(['--replicaof', '127.0.0.1', String(master.port)]);
  const follows = () => expect.poll(() => master.ask((redis) => redis.wait(1, 100))).toBe(1);
  await follows();
  const desk = openTestLedger(`redis://127.0.0.1:${master.port}`, 1);
  const folder = await ownFolder();
  const config = loadConfig({ REDIS_URL: desk.redisUrl, REDIS_REPLICAS: '1', OUT_DIR: folder, DAILIES_DIR: folder }, { root: folder, cwd: folder });
  const session = { config, desk, results: openResults(config) } as unknown as Session;
  // It is read when it is written: after the first question to the replicas, before the second.
  let isWritten = false;
  const falling = {
    ...newGeneration('one'),
    get priority() {
      isWritten = true;
      replica.freeze();
      return 1;
    },
  };
  const take = (generation: typeof falling) => takeIn(session, { batch: 'films', attended: false, items: [{ line: 1, generation, images: [] }] });

  // On a busy machine the first question may be answered too late already: then nothing was written, and it is said again.
  const refused = async (): Promise<boolean> => {
    await expect(take(falling)).rejects.toThrow(Complaint);
    return isWritten;
  };
  await expect.poll(refused).toBe(true);
  // As a worker's sweep would.
  await repair(desk.store, desk.queues, ['one']);
  expect(await desk.generation('one')).toMatchObject({ state: 'canceled', attempts: 0 });

  replica.thaw();
  await follows();
  const again = () => take(newGeneration('one')).catch((error: unknown) => error);
  await expect.poll(again).toMatchObject({ outcome: 'accepted', known: ['one'] });
  const accepted = await desk.generation('one');
  expect(accepted).toMatchObject({ state: 'queued' });
  expect(await desk.queues.get('allegro-submit').getJob(`one-${accepted.seq}`)).toBeDefined();
});

async function start(words: string[] = []): Promise<RedisServer> {
  const server = await startRedisServer({ folder: await ownFolder(), port: await freePort(), words });
  onTestFinished(() => server.kill());
  return server;
}

async function ownFolder(): Promise<string> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'dailies-take-in-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 }));
  return folder;
}

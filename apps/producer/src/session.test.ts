import { EventEmitter } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { freePort, startRedisServer } from '../../../test/support/redis-server.ts';
import type { Context } from './context.ts';
import { listenForInterrupts } from './interrupts.ts';
import { openSession } from './session.ts';
import { openSetting } from './setting.ts';

test('what breaks off while a session opens leaves no connection behind, and a full Redis is told with its remedy, unless the ledger is known', async () => {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'dailies-session-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 }));
  const server = await startRedisServer({ folder, port: await freePort() });
  onTestFinished(() => server.kill());
  const environment = { REDIS_URL: `redis://127.0.0.1:${server.port}`, REDIS_REPLICAS: '1', SHARDS: '2', LOG_LEVEL: 'silent' };
  // Gone at the first thing that is said of this Redis, by when the connection is there.
  const terminal = { live: false, say: (): never => { throw new Error('the terminal is gone'); } };
  const interrupts = { onStop: () => undefined };
  const context = { environment, places: { root: folder, cwd: folder }, terminal, interrupts } as unknown as Context;
  const setting = await openSetting(context, {});

  await expect(openSession(context, setting, { patient: true })).rejects.toThrow('the terminal is gone');
  const connections = () => server.ask(async (redis) => String(await redis.client('LIST')).split('\n').filter((line) => line.includes('cli ')));
  await expect.poll(connections).toEqual([]);

  await server.ask((redis) => redis.config('SET', 'maxmemory', '1'));
  await expect(openSession(context, setting, { patient: false })).rejects.toThrow(/^Redis is full .* CONFIG SET maxmemory to more/);
  await expect.poll(connections).toEqual([]);

  for (const most of ['0', '1']) {
    await server.ask((redis) => redis.config('SET', 'maxmemory', most));
    await (await openSession(context, setting, { patient: false })).close();
  }
});

test('Ctrl-C while a Redis that is not there is waited for ends at once', async () => {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'dailies-session-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const signals = Object.assign(new EventEmitter(), { exit: () => undefined });
  const environment = { REDIS_URL: `redis://127.0.0.1:${await freePort()}`, LOG_LEVEL: 'silent' };
  const context = { environment, places: { root: folder, cwd: folder }, interrupts: listenForInterrupts(signals) } as unknown as Context;
  const opening = openSession(context, await openSetting(context, {}), { patient: true });
  signals.emit('SIGINT');
  await expect(opening).rejects.toMatchObject({ exitCode: 130, message: expect.stringMatching(/^Interrupted\. .*nothing was done/) });
});

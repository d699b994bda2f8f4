import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { freePort, startRedisServer } from '../../../test/support/redis-server.ts';
import type { Context } from './context.ts';
import { openSession } from './session.ts';
import { openSetting } from './setting.ts';

test('what breaks off while a session opens leaves no connection behind', async () => {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'dailies-session-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const server = await startRedisServer({ folder, port: await freePort() });
  onTestFinished(() => server.kill());
  const environment = { REDIS_URL: `redis://127.0.0.1:${server.port}`, REDIS_REPLICAS: '1', LOG_LEVEL: 'silent' };
  // Gone at the first thing that is said of this Redis, by when the connection is there.
  const terminal = { live: false, say: (): never => { throw new Error('the terminal is gone'); } };
  const context = { environment, places: { root: folder, cwd: folder }, terminal } as unknown as Context;
  const setting = await openSetting(context, {});

  await expect(openSession(context, setting, { patient: true })).rejects.toThrow('the terminal is gone');
  const connections = () => server.ask(async (redis) => String(await redis.client('LIST')).split('\n').filter((line) => line.includes('cli ')));
  await expect.poll(connections).toEqual([]);
});

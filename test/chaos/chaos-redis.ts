/** The chaos suite's own Redis server, in its own folder. It can be killed and started again on the same port with the same file, frozen and thawed. */
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { type RedisServer, freePort, startRedisServer } from '../support/redis-server.ts';

export interface ChaosRedis extends RedisServer {
  url: string;
  version: string;
  close(): Promise<void>;
}

export async function startChaosRedis(folder: string): Promise<ChaosRedis> {
  const place = path.join(folder, 'redis');
  await mkdir(place, { recursive: true });
  const server = await startRedisServer({ folder: place, port: await freePort() });
  const version = await server.ask(async (redis) => /redis_version:(\S+)/.exec(await redis.info('server'))?.[1] ?? '');
  return { ...server, url: `redis://127.0.0.1:${server.port}`, version, close: () => server.kill() };
}

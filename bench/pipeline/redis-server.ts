/** A Redis server for one contestant of one run. All contestants get the settings of Dailies' embedded one: AOF with `appendfsync always`. */
import { spawn } from 'node:child_process';
import { Redis } from 'ioredis';
import { findRedisServer } from '../../packages/queue/src/embedded/find-redis-server.ts';
import { freePort } from '../../test/support/redis-server.ts';
import { costOf, type ProcessCost } from './process-cost.ts';
import { endWithUs, kill } from './program.ts';

export interface RedisServer {
  url: string;
  redis: Redis;
  cost(): ProcessCost;
  operations(): Promise<number>;
  close(): Promise<void>;
}

const SETTINGS = {
  'bind': '127.0.0.1',
  'save': '',
  'appendonly': 'yes',
  'appendfsync': 'always',
  'maxmemory-policy': 'noeviction',
  'hash-max-ziplist-value': '2048',
};

export async function startRedisServer(folder: string): Promise<RedisServer> {
  const port = await freePort();
  const args = Object.entries({ ...SETTINGS, port: String(port), dir: folder }).flatMap(([name, value]) => [`--${name}`, value]);
  const child = endWithUs(spawn(await findRedisServer(process.env['DAILIES_REDIS_SERVER']), args, { stdio: 'ignore' }));
  const url = `redis://127.0.0.1:${port}`;
  const redis = new Redis(url, { retryStrategy: () => 50, maxRetriesPerRequest: null });
  redis.on('error', () => undefined);
  await redis.ping();
  return {
    url,
    redis,
    cost: () => costOf(child.pid ?? 0),
    operations: async () => Number(/total_commands_processed:(\d+)/.exec(await redis.info('stats'))?.[1]),
    async close() {
      redis.disconnect();
      await kill(child);
    },
  };
}

/** A durable Redis of the test's own that asks for a password. It can be killed and started again with what it kept. */
import { mkdir } from 'node:fs/promises';
import { Redis } from 'ioredis';
import { startChild, type Child } from '../../chaos/children.ts';
import { findRedisServer } from '../../../packages/queue/src/embedded/find-redis-server.ts';
import { freePort } from '../../support/redis-server.ts';

export interface GuardedRedis {
  port: number;
  /** With the password. */
  url: string;
  /** SIGKILL, and gone. */
  kill(): Promise<void>;
  /** Resolves when it answers. */
  start(): Promise<void>;
}

export async function startGuardedRedis(folder: string, password: string): Promise<GuardedRedis> {
  await mkdir(folder, { recursive: true });
  const port = await freePort();
  const program = await findRedisServer(process.env['DAILIES_REDIS_SERVER']);
  const words = [
    '--port',
    String(port),
    '--bind', '127.0.0.1', '--requirepass', password, '--dir', folder, '--save', '', '--appendonly', 'yes', '--appendfsync', 'always',
    '--maxmemory-policy', 'noeviction',
  ];
  const url = `redis://:${password}@127.0.0.1:${port}`;
  let server: Child | null = null;
  const start = async (): Promise<void> => {
    server = startChild(program, words, { stdio: 'ignore' });
    const probe = new Redis(url, { retryStrategy: () => 20, maxRetriesPerRequest: null });
    probe.on('error', () => undefined);
    await probe.ping();
    probe.disconnect();
  };
  const kill = async (): Promise<void> => {
    server?.kill('SIGKILL');
    await server?.gone;
  };
  await start();
  return { port, url, kill, start };
}

/**
 * A Redis server of the suite's own, as durable as production's: append-only file, synced with every write. It can be killed and started again
 * on the same port with the same file, frozen and thawed.
 */
import path from 'node:path';
import { mkdir } from 'node:fs/promises';
import { Redis } from 'ioredis';
import { freePort } from '../support/redis-server.ts';
import { type Child, startChild } from './children.ts';

export interface ChaosRedis {
  url: string;
  port: number;
  version: string;
  /** SIGKILL, and gone. */
  kill(): Promise<void>;
  /** From its append-only file. Resolves when it answers. */
  restart(): Promise<void>;
  freeze(): void;
  thaw(): void;
  close(): Promise<void>;
}

export async function startChaosRedis(folder: string): Promise<ChaosRedis> {
  const place = path.join(folder, 'redis');
  await mkdir(place, { recursive: true });
  const port = await freePort();
  const words = ['--port', String(port), '--bind', '127.0.0.1', '--dir', place, '--save', '', '--appendonly', 'yes', '--appendfsync', 'always', '--maxmemory-policy', 'noeviction'];
  let server: Child;
  let version = '';
  const start = async (): Promise<void> => {
    server = startChild('redis-server', words, { stdio: 'ignore' });
    const probe = new Redis(port, '127.0.0.1', { retryStrategy: () => 20, maxRetriesPerRequest: null });
    probe.on('error', () => undefined);
    // Refuses with LOADING until the file has been read.
    while ((await probe.ping().catch(() => '')) !== 'PONG') await new Promise((resolve) => setTimeout(resolve, 20));
    version = /redis_version:(\S+)/.exec(await probe.info('server'))?.[1] ?? '';
    probe.disconnect();
  };
  const kill = async (): Promise<void> => {
    server.kill('SIGKILL');
    await server.gone;
  };
  await start();
  return { url: `redis://127.0.0.1:${port}`, port, version, kill, restart: start, freeze: () => server.kill('SIGSTOP'), thaw: () => server.kill('SIGCONT'), close: kill };
}

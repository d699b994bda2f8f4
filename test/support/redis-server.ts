/**
 * A Redis server for tests, as durable as in production: append-only file, synced with every write. It can be killed and started again on the same
 * port with the same file, frozen and thawed. DAILIES_REDIS_SERVER names another program than the one that is found, such as valkey-server.
 */
import { once } from 'node:events';
import { createServer } from 'node:net';
import { Redis } from 'ioredis';
import { type Child, startChild } from '../chaos/children.ts';
import { findRedisServer } from '../../packages/queue/src/embedded/find-redis-server.ts';

export interface RedisServer {
  port: number;
  /** Sends SIGKILL and resolves when the process is gone. */
  kill(): Promise<void>;
  /** Starts it again from its append-only file. Resolves when it answers. */
  restart(): Promise<void>;
  freeze(): void;
  thaw(): void;
  /** Asks this server, on a connection that is closed afterwards. */
  ask<T>(use: (redis: Redis) => Promise<T>): Promise<T>;
}

const DURABLE = ['--save', '', '--appendonly', 'yes', '--appendfsync', 'always', '--maxmemory-policy', 'noeviction'];

interface RedisServerOptions {
  folder: string;
  port: number;
  /** A configuration file, which the server may rewrite. Default: none. */
  file?: string;
  /** Further arguments for its command line. */
  words?: readonly string[];
  /** No data has to be durable: everything that the server knows is in its configuration file. */
  isSentinel?: boolean;
}

export async function startRedisServer({ folder, port, file, words = [], isSentinel = false }: RedisServerOptions): Promise<RedisServer> {
  const program = await findRedisServer(process.env['DAILIES_REDIS_SERVER']);
  const common = isSentinel ? ['--sentinel'] : ['--port', String(port), '--bind', '127.0.0.1', '--dir', folder, ...DURABLE];
  let child: Child | null = null;
  const start = async (): Promise<void> => {
    child = startChild(program, [...(file === undefined ? [] : [file]), ...common, ...words], { stdio: 'ignore', cwd: folder });
    await untilAnswering(port);
  };
  const kill = async (): Promise<void> => {
    child?.kill('SIGKILL');
    await child?.gone;
  };
  await start();
  return {
    port,
    kill,
    restart: start,
    freeze: () => child?.kill('SIGSTOP'),
    thaw: () => child?.kill('SIGCONT'),
    async ask(use) {
      const redis = new Redis(port, '127.0.0.1', { retryStrategy: () => null, maxRetriesPerRequest: 0 });
      redis.on('error', () => undefined);
      try {
        return await use(redis);
      } finally {
        redis.disconnect();
      }
    },
  };
}

async function untilAnswering(port: number): Promise<void> {
  const probe = new Redis(port, '127.0.0.1', { retryStrategy: () => 20, maxRetriesPerRequest: null, enableReadyCheck: false });
  probe.on('error', () => undefined);
  // The server answers LOADING until the file has been read.
  while ((await probe.ping().catch(() => '')) !== 'PONG') await new Promise((resolve) => setTimeout(resolve, 20));
  probe.disconnect();
}

export async function freePort(): Promise<number> {
  return (await portsFree([0]))[0] ?? 0;
}

/** A port whose cluster bus, 10,000 above it, is free as well. */
export async function freeClusterPort(): Promise<number> {
  for (;;) {
    const port = await freePort();
    const taken = port + BUS > 65_535 || (await portsFree([port + BUS]).then(() => false, () => true));
    if (!taken) return port;
  }
}

const BUS = 10_000;

async function portsFree(ports: readonly number[]): Promise<number[]> {
  const servers = ports.map((port) => createServer().listen(port, '127.0.0.1'));
  try {
    await Promise.all(servers.map((server) => once(server, 'listening')));
    return servers.map((server) => {
      const address = server.address();
      return typeof address === 'object' && address !== null ? address.port : 0;
    });
  } finally {
    await Promise.all(servers.filter(({ listening }) => listening).map((server) => once(server.close(), 'close')));
  }
}

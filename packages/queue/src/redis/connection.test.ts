import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createConnection, createServer, type AddressInfo, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { Redis } from 'ioredis';
import { pino } from 'pino';
import { afterAll, afterEach, beforeAll, expect, onTestFinished, test, vi } from 'vitest';
import { type EmbeddedRedis, startEmbeddedRedis } from '../embedded/embedded-redis.ts';
import { closeRedis, connectForProducer, connectForWorker, type RedisConnection, whenReady } from './connection.ts';

const silent = pino({ level: 'silent' });
const open: Redis[] = [];
let folder: string;
let embedded: EmbeddedRedis;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dailies-connection-'));
  embedded = await startEmbeddedRedis({ folder, log: silent, secondLookMs: 50 });
});

afterEach(() => {
  for (const redis of open.splice(0)) redis.disconnect();
});

afterAll(async () => {
  await embedded.release();
  await rm(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 });
});

function kept(redis: RedisConnection): Redis {
  if (!(redis instanceof Redis)) throw new Error('one server is meant here');
  open.push(redis);
  return redis;
}

/** Listens and never says anything. */
async function silentServer(): Promise<{ url: string; close(): void }> {
  const sockets: Socket[] = [];
  const server = createServer((socket) => sockets.push(socket.on('error', () => undefined)));
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return {
    url: `redis://:hunter2@127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () => {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}

test('connections carry a name that tells the process', async () => {
  const redis = kept(connectForWorker(embedded.url, { name: 'submit', log: silent }));

  expect(await redis.client('GETNAME')).toBe(`dailies-${process.pid}-submit`);
});

test('a worker survives the loss of its connection, is told once, and loses no command', async () => {
  let losses = 0;
  const redis = kept(connectForWorker(embedded.url, { name: 'poll', log: silent, onLost: () => (losses += 1) }));
  const other = kept(new Redis(embedded.url));
  await redis.ping();

  const isBack = once(redis, 'reconnecting').then(() => once(redis, 'ready'));
  const blocked = redis.blpop('wake', 0);
  await other.client('KILL', 'ID', String(await idOf(other, redis)));
  await isBack;
  await other.rpush('wake', 'up');

  expect(await blocked).toEqual(['wake', 'up']);
  expect(losses).toBe(1);
});

test('what a former master refuses is sent again, however much of it, and Node warns of no leak', async () => {
  const redis = kept(connectForWorker(embedded.url, { name: 'refused', log: silent }));
  const other = kept(new Redis(embedded.url));
  await redis.ping();
  const warn = vi.spyOn(process, 'emitWarning').mockReturnValue(undefined);
  onTestFinished(() => warn.mockRestore());

  await other.replicaof('127.0.0.1', 1);
  const lost = once(redis, 'reconnecting');
  const written = Array.from({ length: 20 }, (_, at) => redis.set(`refused:${at}`, '1'));
  await lost;
  await other.replicaof('NO', 'ONE');

  expect(new Set(await Promise.all(written))).toEqual(new Set(['OK']));
  expect(warn).not.toHaveBeenCalled();
});

test('closing a connection on purpose is no loss', async () => {
  let losses = 0;
  const redis = connectForWorker(embedded.url, { name: 'poll', log: silent, onLost: () => (losses += 1) });
  await redis.ping();

  await closeRedis(redis, 1_000);

  expect(redis.status).toBe('end');
  expect(losses).toBe(0);
});

test('a producer is refused at once while Redis is away', async () => {
  const away = await silentServer();
  const redis = kept(connectForProducer(away.url, { name: 'http', log: silent }));

  await expect(redis.set('a', '1')).rejects.toThrow("Stream isn't writeable");

  away.close();
});

test('a producer does not send a command again that was in flight when its connection was lost', async () => {
  const redis = kept(connectForProducer(embedded.url, { name: 'http', log: silent }));
  const other = kept(new Redis(embedded.url));
  await whenReady(redis, 5_000);
  const waiting = redis.blpop('never', 0);
  const refused = expect(waiting).rejects.toThrow('max retries per request limit (which is 0)');

  await other.client('KILL', 'ID', String(await idOf(other, redis)));

  await refused;
  await once(redis, 'ready');
  expect(await redis.ping()).toBe('PONG');
});

test.for([
  // Its command is sent again; a producer was told that it failed.
  { who: 'worker', silentMs: 30_000, connect: connectForWorker, answer: 'PONG' },
  { who: 'producer', silentMs: 10_000, connect: connectForProducer, answer: 'none' },
])('a $who leaves a connection on which Redis has not answered for $silentMs ms, and takes another', async ({ silentMs, connect, answer }) => {
  const sockets: Socket[] = [];
  const door = createServer((socket) => {
    const within = createConnection(Number(new URL(embedded.url).port), '127.0.0.1');
    sockets.push(socket, within);
    socket.pipe(within).pipe(socket);
  });
  onTestFinished(() => {
    sockets.forEach((socket) => socket.destroy());
    door.close();
  });
  await once(door.listen(0, '127.0.0.1'), 'listening');
  const place = Object.assign(new URL(embedded.url), { port: String((door.address() as AddressInfo).port) });
  const redis = kept(connect(place.href, { name: 'silence', log: silent }));
  await whenReady(redis, 5_000);
  const isBack = new Promise((resolve) => {
    redis.once('ready', resolve);
  });

  sockets.forEach((socket) => socket.unpipe());
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  const asked = redis.ping().catch(() => 'none');
  vi.advanceTimersByTime(silentMs);
  vi.useRealTimers();

  await isBack;
  expect(await asked).toBe(answer);
  expect(await redis.ping()).toBe('PONG');
});

test.each([
  ['redis://:hunter2@127.0.0.1:1', /127\.0\.0\.1:1 cannot be used: .*ECONNREFUSED.* REDIS_URL right\?$/],
  ['rediss://127.0.0.1:1', /127\.0\.0\.1:1 cannot be used: .*ECONNREFUSED.* With TLS: NODE_EXTRA_CA_CERTS /],
])('a Redis that cannot be reached, at %s, is named with its place and the fault, and with what TLS needs', async (url, words) => {
  const redis = kept(connectForWorker(url, { name: 'poll', log: silent }));

  // On a busy machine it may not have been refused by then.
  await expect.poll(() => whenReady(redis, 300).catch((error: Error) => error.message)).toMatch(words);
});

test('closing does not wait longer than its deadline for a Redis that is silent', async () => {
  const away = await silentServer();
  const redis = kept(connectForWorker(away.url, { name: 'poll', log: silent }));
  redis.ping().catch(() => undefined);

  await closeRedis(redis, 20);

  expect(['end', 'close', 'connecting']).toContain(redis.status);
  away.close();
});

test('a fault is logged once, not at each try, and never with the password', async () => {
  const lines: string[] = [];
  const log = pino({ level: 'debug' }, new Writable({
    write(line, _encoding, done) {
      lines.push(String(line));
      done();
    },
  }));
  const redis = kept(connectForWorker('redis://:hunter2@127.0.0.1:1/0', { name: 'poll', log }));

  let tries = 0;
  await new Promise<void>((resolve) => {
    redis.on('reconnecting', () => {
      tries += 1;
      if (tries === 3) resolve();
    });
  });

  expect(lines).toHaveLength(1);
  expect(lines[0]).toContain('redis://:***@127.0.0.1:1/0');
  expect(lines[0]).not.toContain('hunter2');
});

test('the URL decides on TLS, user, password and database', () => {
  const redis = kept(connectForWorker('rediss://worker:s%40cret@127.0.0.1:1/3', { name: 'poll', log: silent }));

  expect(redis.options).toMatchObject({ username: 'worker', password: 's@cret', db: 3, port: 1 });
  expect(redis.options.tls).toBe(true);
});

async function idOf(asker: Redis, redis: Redis): Promise<number> {
  const list = String(await asker.client('LIST'));
  const line = list.split('\n').find((each) => each.includes(` name=${redis.options.connectionName} `));
  return Number(/^id=(\d+)/.exec(line ?? '')?.[1]);
}

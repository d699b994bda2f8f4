import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { cp, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { pino } from 'pino';
import { afterEach, expect, test } from 'vitest';
import { embeddedProcess } from '../../../../test/support/embedded-process.ts';
import { connectForWorker } from '../redis/connection.ts';
import { type EmbeddedRedis, startEmbeddedRedis } from './embedded-redis.ts';
import { findRedisServer } from './find-redis-server.ts';
import { openServerHome } from './server-home.ts';
import { probe } from './server-probe.ts';
import { spawnServer } from './server-process.ts';

const log = pino({ level: 'silent' });
/** The program that the suite runs on. */
const binary = process.env['DAILIES_REDIS_SERVER'];
const folders: string[] = [];
const clients: Redis[] = [];
const users: EmbeddedRedis[] = [];

afterEach(async () => {
  for (const client of clients.splice(0)) client.disconnect();
  // First of all released: a user that is left would start its server again.
  await Promise.all(users.splice(0).map((user) => user.release()));
  for (const folder of folders.splice(0)) {
    await endServer(folder);
    await rm(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 });
  }
});

async function newFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'dailies embedded '));
  folders.push(folder);
  return folder;
}

async function start(folder: string): Promise<EmbeddedRedis> {
  const user = await startEmbeddedRedis({ folder, log, binary, secondLookMs: 50 });
  users.push(user);
  return user;
}

function client(embedded: EmbeddedRedis): Redis {
  const redis = new Redis(embedded.url, { connectionName: 'somebody-else' });
  redis.on('error', () => undefined);
  clients.push(redis);
  return redis;
}

async function pidOf(folder: string): Promise<number> {
  const pid = await embeddedProcess(folder);
  if (pid === null) throw new Error(`no server answers in ${folder}`);
  return pid;
}

async function endServer(folder: string): Promise<void> {
  const pid = await embeddedProcess(folder);
  if (pid !== null) process.kill(pid, 'SIGKILL');
}

async function answerAt(folder: string, url: string): Promise<string> {
  return probe(Number(new URL(url).port), await openServerHome(folder));
}

async function dataOf(folder: string): Promise<string> {
  const names = await readdir(join(folder, 'redis'), { recursive: true });
  const files = await Promise.all(names.sort().map(async (name) => {
    const { mtimeMs, size } = await stat(join(folder, 'redis', name));
    return `${name} ${size} ${mtimeMs}`;
  }));
  return files.join('\n');
}

test('racing starters end with one server and one password', async () => {
  const folder = await newFolder();

  const all = await Promise.all([start(folder), start(folder), start(folder), start(folder)]);

  expect(new Set(all.map(({ url }) => url)).size).toBe(1);
  const pids = await Promise.all(all.map(async (embedded) => /process_id:(\d+)/.exec(await client(embedded).info('server'))?.[1]));
  expect(new Set(pids).size).toBe(1);
  await Promise.all(all.map((embedded) => embedded.release()));
});

test('a server killed without warning is started again by its users and keeps every acknowledged write', async () => {
  const folder = await newFolder();
  const embedded = await start(folder);
  const redis = client(embedded);
  await redis.set('paid', 'task-1');

  // Not events.once: that rejects at the first try that finds nobody yet.
  const isBack = new Promise<void>((resolve) => {
    redis.once('reconnecting', () => redis.once('ready', resolve));
  });
  await endServer(folder);
  await isBack;

  expect(await redis.get('paid')).toBe('task-1');
  await embedded.ensure();
  redis.disconnect();
  await embedded.release();
});

test('what a crash left behind is used again: same port, same password, same data', async () => {
  const folder = await newFolder();
  const first = await start(folder);
  await client(first).set('kept', 'yes');
  const { url } = first;
  for (const redis of clients.splice(0)) redis.disconnect();
  await first.release();
  expect(await answerAt(folder, url)).toBe('nobody');

  const second = await start(folder);

  expect(second.url).toBe(url);
  expect(await client(second).get('kept')).toBe('yes');
});

test('a stranger on the port is left alone, and another port is drawn for good', async () => {
  const folder = await newFolder();
  const stranger = createServer((socket) => socket.on('error', () => undefined).end('HTTP/1.1 400 Bad Request\r\n\r\n'));
  await once(stranger.listen(0, '127.0.0.1'), 'listening');
  const { port } = stranger.address() as AddressInfo;
  await writeFile(join(folder, 'port'), `${port}\n`);

  const [embedded, other] = await Promise.all([start(folder), start(folder)]);

  expect(new URL(embedded.url).port).not.toBe(String(port));
  expect(other.url).toBe(embedded.url);
  expect(await client(embedded).ping()).toBe('PONG');
  stranger.close();
  expect((await start(folder)).url).toBe(embedded.url);
});

test('whoever listens on the port and says nothing is told of with the file that draws another one, and with our own server', async () => {
  const folder = await newFolder();
  const mute = createServer((socket) => socket.on('error', () => undefined).resume());
  await once(mute.listen(0, '127.0.0.1'), 'listening');
  const { port } = mute.address() as AddressInfo;
  await writeFile(join(folder, 'port'), `${port}\n`);

  const fault = await startEmbeddedRedis({ folder, log, binary, startTimeoutMs: 500 }).catch((error: unknown) => String(error));

  expect(fault).toContain(`127.0.0.1:${port}`);
  expect(fault).toContain(`delete ${join(folder, 'port')},`);
  expect(fault).not.toContain('log may say why');
  await rm(join(folder, 'port'));
  expect(new URL((await start(folder)).url).port).not.toBe(String(port));
  mute.close();
});

test('a server of ours that hangs is never taken for a stranger, and goes on when it does', async () => {
  const folder = await newFolder();
  const first = await start(folder);
  const pid = await pidOf(folder);
  process.kill(pid, 'SIGSTOP');

  await expect(startEmbeddedRedis({ folder, log, binary, startTimeoutMs: 500 })).rejects.toThrow(/that is the embedded Redis[\s\S]*log may say why/);
  process.kill(pid, 'SIGCONT');

  expect((await start(folder)).url).toBe(first.url);
});

test('a copied folder does not take the server of the original for its own', async () => {
  const original = await newFolder();
  const first = await start(original);
  await client(first).set('whose', 'original');
  const copy = await newFolder();
  for (const name of ['port', 'password']) await cp(join(original, name), join(copy, name));

  const second = await start(copy);

  expect(second.url).not.toBe(first.url);
  expect(await client(second).get('whose')).toBeNull();
});

test('a second server on the same folder ends before it touches the data', async () => {
  const folder = await newFolder();
  const embedded = await start(folder);
  await client(embedded).set('a', '1');
  const before = await dataOf(folder);
  const first = await pidOf(folder);

  const second = await spawnServer(await findRedisServer(binary), await openServerHome(folder));
  await expect.poll(() => second.hasExited()).toBe(true);

  expect(await dataOf(folder)).toBe(before);
  expect(await pidOf(folder)).toBe(first);
});

test('only the last user stops the server', async () => {
  const folder = await newFolder();
  const first = await start(folder);
  const second = await start(folder);

  await first.release();
  expect(await answerAt(folder, second.url)).toBe('ours');

  await second.release();
  expect(await answerAt(folder, second.url)).toBe('nobody');
});

test('users that leave at the same moment stop the server between them', async () => {
  const folder = await newFolder();
  const [first, second] = await Promise.all([start(folder), start(folder)]);

  await Promise.all([first.release(), second.release()]);

  expect(await answerAt(folder, first.url)).toBe('nobody');
});

test('a connection of somebody else keeps the server, one of our own does not', async () => {
  const folder = await newFolder();
  const first = await start(folder);
  const foreign = client(first);
  await foreign.ping();
  await first.release();
  expect(await answerAt(folder, first.url)).toBe('ours');

  const second = await start(folder);
  foreign.disconnect();
  const own = connectForWorker(second.url, { name: 'test', log });
  await own.ping();
  await second.release();
  own.disconnect();
  expect(await answerAt(folder, second.url)).toBe('nobody');
});

test('releasing a server that is dead neither hangs nor throws', async () => {
  const folder = await newFolder();
  const embedded = await start(folder);
  await endServer(folder);

  await embedded.release();

  await expect(embedded.ensure()).rejects.toThrow('released');
});

test('the password is readable by us only and not on the command line of the server, which does not know our environment', async ({ skip }) => {
  const folder = await newFolder();
  const embedded = await start(folder);
  const { password } = new URL(embedded.url);

  for (const name of ['password', 'redis.conf']) expect((await stat(join(folder, name))).mode & 0o777).toBe(0o600);
  const process = `/proc/${await pidOf(folder)}`;
  if (!existsSync(process)) skip('this system has no /proc');
  expect(await readFile(`${process}/cmdline`, 'utf8')).not.toContain(password);
  expect(await readFile(`${process}/environ`, 'utf8')).not.toContain('PATH=');
});

test('a server that cannot start is named with the end of its log', async () => {
  const folder = await newFolder();
  await writeFile(join(folder, 'refuses'), '#!/bin/sh\n[ "$1" = --version ] && echo "Redis server v=7.0.0" && exit 0\necho "cannot open the disk"\nexit 1\n', { mode: 0o755 });

  await expect(startEmbeddedRedis({ folder, log, binary: join(folder, 'refuses') })).rejects.toThrow('cannot open the disk');
});

test('a program that is too old is refused with the remedy, and Valkey 7.2, which leaves out its name, is taken', async () => {
  const folder = await newFolder();
  await writeFile(join(folder, 'valkey'), '#!/bin/sh\necho "Server v=7.2.7 sha=00000000:0"\n', { mode: 0o755 });
  expect(await findRedisServer(join(folder, 'valkey'))).toBe(join(folder, 'valkey'));
  await writeFile(join(folder, 'old'), '#!/bin/sh\necho "Redis server v=6.0.16 sha=0"\n', { mode: 0o755 });

  await expect(startEmbeddedRedis({ folder, log, binary: join(folder, 'old') })).rejects.toThrow(/Redis 6\.0, which is too old.*REDIS_URL/);
});

test('a server that is too old for the data of its folder is not started: it would take the ledger for an empty one', async ({ skip }) => {
  const folder = await newFolder();
  const first = await start(folder);
  const redis = client(first);
  const isOldest = (await redis.info('server')).includes('redis_version:6.');
  redis.disconnect();
  await first.release();
  if (isOldest) skip('its append-only file is no folder yet');
  expect(await readdir(join(folder, 'redis'))).toContain('appendonlydir');
  await writeFile(join(folder, 'older'), '#!/bin/sh\n[ "$1" = --version ] && echo "Redis server v=6.2.14" && exit 0\necho "an empty ledger"\nexit 1\n', { mode: 0o755 });
  await expect(startEmbeddedRedis({ folder, log, binary: join(folder, 'older') })).rejects.toThrow(/7\.0 or newer.*redis 6\.2, which is too old for the data/i);
});

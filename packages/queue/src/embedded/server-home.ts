/**
 * The folder of an embedded Redis: its password, its configuration, its data and its log.
 * Drawn once and kept, so that what a crash left behind is found and used again. The password is never anywhere else:
 * not on a command line, which every user of the machine can read, and not in the log.
 */
import { randomBytes } from 'node:crypto';
import { mkdir, realpath, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { writeDraft, writeOnce } from './write-once.ts';

export interface ServerHome {
  folder: string;
  /** As the server itself names it, which proves that a server is this folder's. */
  dataFolder: string;
  logFile: string;
  password: string;
}

export async function openServerHome(folder: string): Promise<ServerHome> {
  const data = join(folder, 'redis');
  await mkdir(data, { recursive: true, mode: 0o700 });
  const passwordFile = join(folder, 'password');
  const password = (await writeOnce(passwordFile, `${randomBytes(24).toString('base64url')}\n`)).trim();
  if (!/^[\w-]{20,}$/.test(password)) {
    throw new Error(`${passwordFile} is damaged. Stop everything of Dailies that uses ${folder}, delete that file, and start again.`);
  }
  return { folder, dataFolder: await realpath(data), logFile: join(folder, 'redis.log'), password };
}

/** Paths in it are relative to the data folder, in which the server is started: so none is too long or too odd for redis.conf. */
export async function writeServerConfig(home: ServerHome, port: number): Promise<void> {
  const file = join(home.folder, 'redis.conf');
  await rename(await writeDraft(file, serverConfig(port, home.password)), file);
}

function serverConfig(port: number, password: string): string {
  return `# Written by Dailies at each start of its embedded Redis. Changes are lost.
bind 127.0.0.1
port ${port}
protected-mode yes
requirepass ${password}
dir .
daemonize no
supervised no
loglevel notice
logfile ""
# Accepted means kept: on disk before it is acknowledged, and nothing is ever thrown away.
appendonly yes
appendfsync always
no-appendfsync-on-rewrite no
aof-use-rdb-preamble yes
aof-load-truncated yes
save ""
maxmemory 0
maxmemory-policy noeviction
# Prompts are longer than 64 characters; so a record takes half of the memory. The name that Redis 6 knows too.
hash-max-ziplist-value 2048
timeout 0
tcp-keepalive 60
`;
}

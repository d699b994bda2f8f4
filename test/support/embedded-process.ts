/**
 * The process id of the embedded Redis of a folder, told by that server itself; null: none answers. Never by a pid file: from 7.2 on, a server writes
 * that before it finds its port taken, so it may name one that has ended, and by now somebody else's process.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Redis } from 'ioredis';

export async function embeddedProcess(folder: string): Promise<number | null> {
  const config = await readFile(join(folder, 'redis.conf'), 'utf8').catch(() => '');
  const port = /^port (\d+)$/m.exec(config)?.[1];
  const password = /^requirepass (.+)$/m.exec(config)?.[1];
  if (port === undefined || password === undefined) return null;
  const redis = new Redis(Number(port), '127.0.0.1', {
    password, enableReadyCheck: false, retryStrategy: () => null, maxRetriesPerRequest: 0, connectTimeout: 1_000, commandTimeout: 1_000,
  });
  redis.on('error', () => undefined);
  try {
    const pid = /process_id:(\d+)/.exec(await redis.info('server'))?.[1];
    return pid === undefined ? null : Number(pid);
  } catch {
    return null;
  } finally {
    redis.disconnect();
  }
}

/**
 * Who answers on a port: our own server, proved by its password and its data folder, or somebody else.
 * "Stranger" needs proof just as "ours" does. A server that is slow, stopped or full only counts as silent: taking our own
 * for a stranger would start a second one on the same data.
 */
import { Redis } from 'ioredis';
import { connect } from 'node:net';
import type { ServerHome } from './server-home.ts';

export type Answer = 'ours' | 'loading' | 'nobody' | 'stranger' | 'silent';

const patienceMs = 1_000;

export async function probe(port: number, home: ServerHome): Promise<Answer> {
  // Asked without the password first: only what asks for one the way Redis does gets to see ours.
  const first = await firstLine(port);
  if (first === 'refused') return 'nobody';
  if (first === '' || first.startsWith('-ERR max number of clients')) return 'silent';
  return first.startsWith('-NOAUTH') ? identify(port, home) : 'stranger';
}

async function identify(port: number, home: ServerHome): Promise<Answer> {
  const redis = new Redis({
    host: '127.0.0.1', port, protocol: 2, lazyConnect: true, enableReadyCheck: false, disableClientInfo: true,
    retryStrategy: () => null, maxRetriesPerRequest: 0, connectTimeout: patienceMs, commandTimeout: patienceMs,
  });
  redis.on('error', () => undefined);
  try {
    await redis.connect();
    await redis.auth(home.password);
    const reply = await redis.config('GET', 'dir');
    if (!Array.isArray(reply) || reply[1] !== home.dataFolder) return 'stranger';
    await redis.ping();
    return 'ours';
  } catch (error) {
    return judge(error);
  } finally {
    redis.disconnect();
  }
}

function judge(error: unknown): Answer {
  const message = error instanceof Error ? error.message : '';
  if (message.startsWith('WRONGPASS')) return 'stranger';
  if (message.startsWith('LOADING')) return 'loading';
  return 'silent';
}

/** 'refused' where nobody listens, '' where nothing is said in time. */
function firstLine(port: number): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' });
    let said = '';
    const finish = (line: string) => {
      socket.destroy();
      resolve(line);
    };
    socket.setTimeout(patienceMs, () => finish(''));
    socket.once('connect', () => socket.write('PING\r\n'));
    socket.on('data', (chunk) => {
      said += chunk.toString('latin1');
      if (said.includes('\n') || said.length > 200) finish(said);
    });
    socket.once('error', (error: NodeJS.ErrnoException) => finish(error.code === 'ECONNREFUSED' ? 'refused' : said));
    socket.once('close', () => finish(said));
  });
}

/**
 * What a Sentinel may do to those who listen to it. It is played here, since a real one cannot be made to fail at a certain word; it plays the master too.
 * A rejection that nobody handles, which would end a process of ours, fails the run.
 */
import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { pino } from 'pino';
import { test, type TestContext } from 'vitest';
import { connectForWorker, type RedisConnection, whenReady } from './connection.ts';

/** The first connection asks where the master is, the second leads to it, and the third listens to the Sentinel. */
const LISTENS = 3;
const LISTENS_AGAIN = 4;
/** Longer than a Sentinel may take for an answer. */
const TOO_LATE_MS = 1_200;

const SUBSCRIBED = `>3\r\n${bulk('subscribe')}${bulk('+switch-master')}:1\r\n`;
const CHANGED = `>3\r\n${bulk('message')}${bulk('+switch-master')}${bulk('main 127.0.0.1 1 127.0.0.1 2')}`;

interface Fault {
  /** Of the connection that meets it. */
  number: number;
  word: 'hello' | 'subscribe';
  /** What the Sentinel does instead of answering. */
  act: (socket: Socket, confirm: () => void) => void;
}

test.concurrent.for<Fault & { does: string }>([
  { does: 'hangs up on the first one', number: LISTENS, word: 'hello', act: (socket) => socket.destroy() },
  { does: 'says nothing to the first one', number: LISTENS, word: 'hello', act: () => undefined },
  { does: 'refuses the second one', number: LISTENS_AGAIN, word: 'hello', act: (socket) => socket.end('-ERR max number of clients reached\r\n') },
  { does: 'dies before it confirms the second one', number: LISTENS_AGAIN, word: 'subscribe', act: (socket) => socket.destroy() },
  { does: 'dies after it confirmed the second one', number: LISTENS_AGAIN, word: 'subscribe', act: (socket) => socket.end(SUBSCRIBED) },
  { does: 'confirms the second one too late', number: LISTENS_AGAIN, word: 'subscribe', act: (_socket, confirm) => setTimeout(confirm, TOO_LATE_MS) },
])('a Sentinel is heard in the end that $does, of the listening connections', async (fault, context) => {
  const { sentinel, connection } = await connected(fault, context);
  await context.expect.poll(() => sentinel.listeners.size).toBe(1);
  const heard = once(connection, 'reconnecting');
  for (const socket of sentinel.listeners) socket.write(CHANGED);
  await heard;
  await once(connection, 'ready');
  await context.expect.poll(() => sentinel.listeners.size).toBe(1);

  connection.disconnect();
  await context.expect.poll(() => sentinel.sockets.size).toBe(0);
});

test.concurrent.for([{ number: LISTENS }, { number: LISTENS_AGAIN }])('connection $number that listens to a Sentinel may be closed before that is confirmed', async ({ number }, context) => {
  const { sentinel, connection } = await connected({ number, word: 'subscribe', act: () => undefined }, context);

  connection.disconnect();
  await context.expect.poll(() => sentinel.sockets.size).toBe(0);
});

/** A connection whose listener has met this fault. */
async function connected(fault: Fault, context: TestContext): Promise<{ sentinel: PlayedSentinel; connection: RedisConnection }> {
  const sentinel = await playSentinel(fault, context);
  const connection = connectForWorker(sentinel.url, { name: 'listens', log: pino({ level: 'silent' }) });
  context.onTestFinished(() => connection.disconnect());
  await whenReady(connection, 10_000);
  if (fault.number === LISTENS_AGAIN) {
    await context.expect.poll(() => sentinel.listeners.size).toBe(1);
    for (const socket of sentinel.listeners) socket.destroy();
  }
  await sentinel.hasFailed;
  return { sentinel, connection };
}

interface PlayedSentinel {
  url: string;
  sockets: ReadonlySet<Socket>;
  /** Those that were confirmed, and are open. */
  listeners: ReadonlySet<Socket>;
  hasFailed: Promise<unknown>;
}

async function playSentinel({ number, word: faulty, act }: Fault, context: TestContext): Promise<PlayedSentinel> {
  const sockets = new Set<Socket>();
  const listeners = new Set<Socket>();
  let connections = 0;
  const server = createServer((socket) => {
    const mine = (connections += 1);
    sockets.add(socket);
    const confirm = (): void => {
      listeners.add(socket);
      socket.write(SUBSCRIBED);
    };
    socket.on('error', () => undefined).on('close', () => {
      sockets.delete(socket);
      listeners.delete(socket);
    });
    let isFaulty = false;
    socket.on('data', (data) => {
      for (const words of commandsIn(String(data))) {
        if (isFaulty) {
          // Any further answer would be taken for the one that it owes.
        } else if (mine === number && words[0] === faulty) {
          isFaulty = true;
          act(socket, confirm);
          server.emit('fault');
        } else if (words[0] === 'subscribe') {
          confirm();
        } else {
          socket.write(answerTo(words, (server.address() as AddressInfo).port));
        }
      }
    });
  });
  const hasFailed = once(server, 'fault');
  await once(server.listen(0, '127.0.0.1'), 'listening');
  context.onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { url: `redis+sentinel://127.0.0.1:${(server.address() as AddressInfo).port}/main`, sockets, listeners, hasFailed };
}

function answerTo([word, what]: string[], port: number): string {
  if (word === 'hello') return `%1\r\n${bulk('proto')}:3\r\n`;
  if (word === 'info') return bulk('role:master\r\nloading:0\r\n');
  if (word !== 'sentinel') return '+OK\r\n';
  return what === 'sentinels' ? '*0\r\n' : `*2\r\n${bulk('127.0.0.1')}${bulk(String(port))}`;
}

/** Each arrives whole: they are short, and nothing lies in between. */
function commandsIn(text: string): string[][] {
  return text.split(/(?=\*\d+\r\n)/).map((command) => command.toLowerCase().split('\r\n').filter((_part, at) => at > 0 && at % 2 === 0));
}

function bulk(text: string): string {
  return `$${Buffer.byteLength(text)}\r\n${text}\r\n`;
}

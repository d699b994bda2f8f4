/**
 * Finds the running server of a folder, or starts it, and waits until it answers. Any number of processes may do so at once:
 * the one whose server binds the port wins, the others use it. (Redis binds before it touches its data, so a loser does no harm.)
 * A stranger on the port makes for another port; silence never does, since it may be our own server.
 */
import type { Log } from '../logging/log.ts';
import { setTimeout as sleep } from 'node:timers/promises';
import { findRedisServer } from './find-redis-server.ts';
import { type ServerHome, writeServerConfig } from './server-home.ts';
import { drawPort, knownPorts, portFile } from './server-ports.ts';
import { type Answer, probe } from './server-probe.ts';
import { lastWords, type ServerProcess, spawnServer } from './server-process.ts';

export interface Reach {
  home: ServerHome;
  log: Log;
  binary?: string | undefined;
  /** A large append-only file takes its time to be read. */
  timeoutMs: number;
  signal: AbortSignal;
}

const mostStarts = 3;
/** After so long a person is told what is waited for. */
const tellAfterMs = 3_000;
// Long enough for whoever had read the older port before the new one was drawn to have bound it, or to have seen the stranger.
const settleNewPortMs = 2_000;

/** Answers the port of the server. Aborted by the signal, it leaves no server running that it started and that nobody uses yet. */
export async function reachServer(reach: Reach): Promise<number> {
  const started: ServerProcess[] = [];
  try {
    return await lookAndStart(reach, started);
  } catch (error) {
    if (reach.signal.aborted) for (const server of started) server.stop();
    throw error;
  }
}

async function lookAndStart({ home, log, binary, timeoutMs, signal }: Reach, started: ServerProcess[]): Promise<number> {
  const began = performance.now();
  let told = false;
  for (let waitMs = 20; ; waitMs = Math.min(waitMs * 1.5, 500)) {
    signal.throwIfAborted();
    const ports = await knownPorts(home.folder);
    const { port, answer } = await look(ports, home);
    if (answer === 'ours') return port;
    if (answer === 'stranger') {
      log.warn({ port }, 'another program holds the port of the embedded Redis; drawing another');
      await drawPort(home.folder, ports.length);
      await sleep(settleNewPortMs, undefined, { signal });
    } else if (port === 0) {
      await drawPort(home.folder, 0);
    } else if (answer === 'nobody' && started.every((server) => server.hasExited())) {
      if (started.length === mostStarts) throw new Error(`The embedded Redis in ${home.folder} does not start. The end of its log:\n${await lastWords(home)}`);
      await writeServerConfig(home, port);
      started.push(await spawnServer(await findRedisServer(binary, home.dataFolder), home));
      log.debug({ port }, 'started the embedded Redis');
    } else if (performance.now() > began + timeoutMs) {
      throw new Error(await explainSilence(port, answer, ports.length, home));
    } else if (!told && answer !== 'nobody' && performance.now() > began + tellAfterMs) {
      told = true;
      const state = answer === 'loading' ? 'is still reading its data' : 'does not answer, or another program holds its port';
      log.warn({ port }, `the embedded Redis ${state}: waiting for it, ${Math.round(timeoutMs / 1000)} s at most`);
    }
    await sleep(waitMs, undefined, { signal });
  }
}

/** Our server on any known port, else who answers on the newest port. Port 0: none was drawn yet. */
async function look(ports: number[], home: ServerHome): Promise<{ port: number; answer: Answer }> {
  const answers = await Promise.all(ports.map(async (port) => ({ port, answer: await probe(port, home) })));
  const found = answers.find(({ answer }) => answer === 'ours') ?? answers.find(({ answer }) => answer === 'loading');
  return found ?? answers.at(-1) ?? { port: 0, answer: 'nobody' };
}

/** Only a person can tell our own server that hangs from another program that is silent: the text asks them to delete the file of the port if it is one. */
async function explainSilence(port: number, answer: Answer, known: number, home: ServerHome): Promise<string> {
  if (answer === 'loading') {
    return `The embedded Redis in ${home.folder} is still reading its data. It goes on by itself: run the same command again in a while.`;
  }
  const words = await lastWords(home);
  const ours = `redis-server or valkey-server 127.0.0.1:${port}`;
  return (
    `Something listens on 127.0.0.1:${port}, the port of the embedded Redis in ${home.folder}, and does not answer. `
    + `If \`ps ax\` shows no ${ours}, it is another program: end it, or delete ${portFile(home.folder, known)}, `
    + 'and run the same command again: it draws another port then. '
    + 'If it shows one, that is the embedded Redis: leave the file, and end that process when it stays so; it is started again.'
    + (words === '' ? '' : ` The end of its log may say why:\n${words}`)
  );
}

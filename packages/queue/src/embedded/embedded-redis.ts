/**
 * The Redis that Dailies brings itself: a real server on 127.0.0.1, kept in a folder, shared by all processes that use that folder.
 * Whoever needs it first starts it, whoever finds it gone starts it again, its last user stops it. It must never be two servers
 * on the same data, and never lose what it has acknowledged.
 */
import type { Log } from '../logging/log.ts';
import { setTimeout as sleep } from 'node:timers/promises';
import { openPresence, type Presence } from './presence.ts';
import { reachServer } from './reach-server.ts';
import { openServerHome } from './server-home.ts';

export interface EmbeddedRedis {
  /** With the password in it: not for logs. */
  readonly url: string;
  /** Starts the server again if it is gone. Cheap when it is not. */
  ensure(): Promise<void>;
  /** To be called last, after our other connections are closed: stops the server if nobody else uses it. Never throws, never hangs. */
  release(): Promise<void>;
}

export interface EmbeddedRedisOptions {
  folder: string;
  log: Log;
  /** The server program to use; else it is looked for. */
  binary?: string | undefined;
  startTimeoutMs?: number | undefined;
  secondLookMs?: number | undefined;
}

export async function startEmbeddedRedis(options: EmbeddedRedisOptions): Promise<EmbeddedRedis> {
  const { folder, log, binary, startTimeoutMs = 60_000, secondLookMs = 2_000 } = options;
  const home = await openServerHome(folder);
  const released = new AbortController();
  const reach = () => reachServer({ home, log, binary, timeoutMs: startTimeoutMs, signal: released.signal });
  const urlOf = (port: number) => `redis://:${home.password}@127.0.0.1:${port}/0`;

  let url = '';
  let presence: Presence | undefined;
  let restoring: Promise<void> | undefined;
  let leaving: Promise<void> | undefined;

  const restore = async () => {
    if (await presence?.answers()) return;
    presence?.close();
    const before = url;
    // Its last user may stop the server between our look and our connecting: then we try again.
    for (let attempt = 1; ; attempt += 1) {
      url = urlOf(await reach());
      presence = await openPresence(url, () => void keepUp()).catch(() => undefined);
      if (presence) break;
      if (attempt === 5) throw new Error(`The embedded Redis in ${folder} starts and stops again. Its log is ${home.logFile}.`);
    }
    if (before !== '' && before !== url) {
      throw new Error(`The embedded Redis in ${folder} had to move to another port. Start this process again, so that it connects there.`);
    }
  };

  const ensure = () => {
    if (released.signal.aborted) return Promise.reject(new Error(`The embedded Redis in ${folder} was released by this process.`));
    restoring ??= restore().finally(() => {
      restoring = undefined;
    });
    return restoring;
  };

  const keepUp = async () => {
    log.warn({ folder }, 'the embedded Redis is gone; starting it again');
    for (let waitMs = 500; !released.signal.aborted; waitMs = Math.min(waitMs * 2, 30_000)) {
      try {
        return await ensure();
      } catch (error) {
        if (released.signal.aborted) return;
        log.error({ folder, fault: error instanceof Error ? error.message : String(error) }, 'the embedded Redis could not be started again');
      }
      await sleep(waitMs, undefined, { signal: released.signal }).catch(() => undefined);
    }
  };

  const leave = async () => {
    released.abort();
    await restoring?.catch(() => undefined);
    const departure = await presence?.leave(secondLookMs);
    log.debug({ folder, departure }, 'released the embedded Redis');
  };

  await ensure();
  return {
    get url() {
      return url;
    },
    ensure,
    release: () => (leaving ??= leave()),
  };
}

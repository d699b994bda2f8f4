/**
 * Which folders downloads wait for, and why: a disk that is nearly full, a folder that is gone. A worker repeats its note while the wait lasts; one that
 * was not repeated for a while is over, or its worker is gone. For people only: nothing is decided by it.
 */
import { z } from 'zod';
import { timeOf } from './clock.ts';
import type { Store } from './store.ts';

export interface DownloadWait {
  machine: string;
  folder: string;
  /** A sentence for people, with its remedy. */
  reason: string;
  /** Epoch milliseconds. */
  since: number;
}

/** How long a note counts; repeat it three times as often. */
const LIFE_MS = 30_000;

export async function noteDownloadWait(store: Store, wait: DownloadWait): Promise<void> {
  const { redis, keys } = store;
  const { machine, folder, reason } = wait;
  // By the clock of Redis, here and where notes are read: the note of a machine that is half a minute behind would be over before anybody reads it.
  const now = await timeOf(store);
  const until = now + LIFE_MS;
  const told = entriesOf(await redis.hmget(keys.downloadWaits, fieldOf(wait))).filter((one) => one.until > now);
  // Several workers of a machine may wait for the same place, and each tells of its own wait.
  const since = Math.min(wait.since, ...told.map((one) => one.since));
  await redis.hset(keys.downloadWaits, fieldOf(wait), JSON.stringify({ machine, folder, reason, since, until }));
  await redis.pexpire(keys.downloadWaits, LIFE_MS);
}

export async function endDownloadWait({ redis, keys }: Store, wait: Pick<DownloadWait, 'machine' | 'folder'>): Promise<void> {
  await redis.hdel(keys.downloadWaits, fieldOf(wait));
}

/** The longest first. */
export async function downloadWaits(store: Store): Promise<DownloadWait[]> {
  const found = await store.redis.hgetall(store.keys.downloadWaits);
  const now = await timeOf(store);
  const current = entriesOf(Object.values(found)).filter(({ until }) => until > now);
  return current.map(({ machine, folder, reason, since }) => ({ machine, folder, reason, since })).toSorted((a, b) => a.since - b.since);
}

function entriesOf(texts: readonly (string | null)[]): z.infer<typeof ENTRY>[] {
  return texts.flatMap((text) => (text === null ? [] : [ENTRY.parse(JSON.parse(text))]));
}

const ENTRY = z.object({ machine: z.string(), folder: z.string(), reason: z.string(), since: z.number(), until: z.number() });

function fieldOf({ machine, folder }: Pick<DownloadWait, 'machine' | 'folder'>): string {
  return `${machine} ${folder}`;
}

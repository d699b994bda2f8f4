/**
 * Which folders downloads wait for, and why: a disk that is nearly full, a folder that is gone. Workers say so again and again while it lasts;
 * what nobody has repeated for a while is over, or its worker is gone. For people: nothing decides by it.
 */
import { z } from 'zod';
import type { Store } from './store.ts';

export interface DownloadWait {
  machine: string;
  folder: string;
  /** A sentence for people, with its remedy. */
  reason: string;
  /** Epoch milliseconds. */
  since: number;
}

/** Repeat it three times as often. */
const LIFE_MS = 30_000;

export async function noteDownloadWait({ redis, keys }: Store, wait: DownloadWait): Promise<void> {
  const { machine, folder, reason, since } = wait;
  await redis.hset(keys.downloadWaits, fieldOf(wait), JSON.stringify({ machine, folder, reason, since, until: Date.now() + LIFE_MS }));
  await redis.pexpire(keys.downloadWaits, LIFE_MS);
}

export async function endDownloadWait({ redis, keys }: Store, wait: Pick<DownloadWait, 'machine' | 'folder'>): Promise<void> {
  await redis.hdel(keys.downloadWaits, fieldOf(wait));
}

/** The longest first. */
export async function downloadWaits({ redis, keys }: Store): Promise<DownloadWait[]> {
  const entries = Object.values(await redis.hgetall(keys.downloadWaits)).map((text) => ENTRY.parse(JSON.parse(text)));
  const current = entries.filter(({ until }) => until > Date.now());
  return current.map(({ machine, folder, reason, since }) => ({ machine, folder, reason, since })).toSorted((a, b) => a.since - b.since);
}

const ENTRY = z.object({ machine: z.string(), folder: z.string(), reason: z.string(), since: z.number(), until: z.number() });

function fieldOf({ machine, folder }: Pick<DownloadWait, 'machine' | 'folder'>): string {
  return `${machine} ${folder}`;
}

/** A part of the suite: something that is done to the workers, with figures and findings. And what all parts end with. */
import type { ProviderName } from '@dailies/providers';
import { lastEventId, readEvents } from '@dailies/queue';
import type { RedisKind } from '../support/redis.ts';
import type { ChaosRedis } from './chaos-redis.ts';
import type { ChaosWorker } from './chaos-worker.ts';
import { type Allowance, findings } from './invariants.ts';
import type { Stage } from './stage.ts';

export interface Surroundings {
  redis: Pick<ChaosRedis, 'url'>;
  /** What that Redis is, and what a part that kills one starts for itself. */
  kind: RedisKind;
  /** What the workers must wait for before a paid request. */
  replicas: number;
  /** For folders of stages. */
  folder: string;
  /** The bundled worker process. */
  program: string;
  seed: number;
  /** For people, while it runs. */
  tell: (line: string) => void;
}

export interface PartResult {
  name: string;
  /** What was done, for the report: whole sentences. */
  did: string;
  figures: Record<string, number | string>;
  /** What did not hold. */
  findings: string[];
  /** What could not be done here, and why. */
  skipped: string[];
}

/** A worker that was killed leaves a folder's lock for a minute, and the sweep looks for stuck ones after half of one. */
const AFTERMATH_MS = 120_000;

/** Waits until everything has ended and the aftermath is tidied up, stops the workers as a deploy does, and looks at everything. */
export async function conclude(stage: Stage, allowance: Allowance = {}, deadlineMs = 120_000): Promise<string[]> {
  await stage.settled(stage.accepted, deadlineMs);
  await tidied(stage, allowance);
  const ends = await Promise.all(stage.workers().filter((worker) => !worker.isGone()).map((worker) => worker.end()));
  const wrong = await findings(stage, allowance);
  if (ends.includes(false)) wrong.push('a worker did not stop by its deadline');
  return wrong.map((finding) => `${stage.name}: ${finding}`);
}

/** Resolves when nothing is left to be tidied up, or when it should have been long ago. */
async function tidied(stage: Stage, allowance: Allowance = {}): Promise<void> {
  const deadline = Date.now() + AFTERMATH_MS;
  while ((await findings(stage, allowance)).length > 0 && Date.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 300));
}

/** One generation of each, all the way: from then on look-ups are known to work, and what is done next is done to a worker at rest. */
export async function warmUp(stage: Stage, providers: readonly ProviderName[]): Promise<void> {
  await stage.settled(await stage.accept('warm', providers), 60_000);
  await tidied(stage);
}

/** The same by a worker that is killed then: whoever starts next finds look-ups that are known to work. */
export async function warmUpAndKill(stage: Stage, providers: readonly ProviderName[]): Promise<void> {
  const first = stage.worker();
  await first.ready;
  await warmUp(stage, providers);
  await first.kill();
}

/** A folder that took long to write is left alone for up to half a minute: on a loaded machine its points come that late. */
const AFTER_THE_END_MS = 40_000;

/** Whose turn it was when the worker came to its trap; null when it did not, and all of these have ended. */
export async function trappedWith(worker: ChaosWorker, stage: Stage, targets: readonly string[]): Promise<string | null> {
  const allEnded = async (): Promise<null> => {
    await stage.settled(targets, 60_000);
    await new Promise((resolve) => setTimeout(resolve, AFTER_THE_END_MS));
    return null;
  };
  return Promise.race([worker.trapped, allEnded()]);
}

/** Milliseconds from `since` until a worker has moved something on in the ledger: the next useful step. */
export async function untilNextEvent(stage: Stage, since: number): Promise<number> {
  const connection = stage.connect();
  try {
    const after = await lastEventId({ ...stage.store, redis: connection });
    while (Date.now() - since < 120_000) {
      if ((await readEvents(connection, stage.store, after, 1_000)).length > 0) break;
    }
    return Date.now() - since;
  } finally {
    connection.disconnect();
  }
}

/** Does these with so many at a time, in order. */
export async function inParallel<T, R>(items: readonly T[], width: number, act: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  const rest = [...items.entries()];
  const lane = async (): Promise<void> => {
    for (let next = rest.shift(); next !== undefined; next = rest.shift()) results[next[0]] = await act(next[1]);
  };
  await Promise.all(Array.from({ length: width }, lane));
  return results;
}

export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}

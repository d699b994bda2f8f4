/**
 * What `kill -9` of the worker in the middle leaves. The upstream kills the worker when it has received half of the paid requests: at that
 * request, before it answers. The worker is started again at once, and watched until long after all files are there, since a queue that takes
 * over a dead worker's jobs after a minute pays again after a minute.
 */
import { once } from 'node:events';
import path from 'node:path';
import { setTimeout as rest } from 'node:timers/promises';
import type { Contestant } from './contestant.ts';
import { filesIn } from './files.ts';
import { withStand } from './measure.ts';
import { kill } from './program.ts';

export interface Aftermath {
  /** Paid requests for a prompt that had been paid for. */
  repeatedPosts: number;
  /** Prompts without a video at the end. */
  lost: number;
  /** From the kill until the last video was there; null: never. */
  finishedSeconds: number | null;
  /** How the contestant itself says that it ended. */
  told: Record<string, number>;
}

const WATCH_MS = 90_000;
const CALM_AFTER_MS = 8_000;
const LONGEST_MS = 150_000;
const GROUP = 'killed';

/** Calls `calm` when little but waiting is left, so that the next contestant may begin. */
export async function killInTheMiddle(contestant: Contestant, count: number, calm: () => void): Promise<Aftermath> {
  return withStand(contestant, { lists: true }, async ({ stand, upstream, outFolder }) => {
    await stand.enqueue(GROUP, count);
    const first = await stand.startWorker();
    const death = once(first, 'exit', { signal: AbortSignal.timeout(LONGEST_MS) });
    await upstream.killAt(GROUP, Math.ceil(count / 2), first.pid ?? 0);
    await death;
    const killedAt = Date.now();
    const second = await stand.startWorker();
    try {
      let finishedAt: number | null = null;
      while (Date.now() < killedAt + (finishedAt === null ? LONGEST_MS : WATCH_MS)) {
        await rest(100);
        if (Date.now() > killedAt + CALM_AFTER_MS) calm();
        if (finishedAt === null && (await filesIn(path.join(outFolder, GROUP))) >= count) finishedAt = Date.now();
      }
      const { repeated } = await upstream.counts(GROUP);
      return {
        repeatedPosts: repeated,
        lost: count - (await filesIn(path.join(outFolder, GROUP))),
        finishedSeconds: finishedAt === null ? null : (finishedAt - killedAt) / 1000,
        told: (await stand.tells?.(GROUP)) ?? {},
      };
    } finally {
      await kill(second);
    }
  });
}

/** The gate under a backlog: refusals until a limit is learned, order, the part of the time that slots are held, and what waiting costs Redis. */
import { setTimeout as rest } from 'node:timers/promises';
import { readBatch, slotsTaken } from '@dailies/queue';
import type { Told } from './record.ts';
import { mean, rounded } from './statistics.ts';
import { openScene } from './scene.ts';

const LIMIT = 5;
const PROMPTS = 200;

export async function learnedLimit(workers: number): Promise<Told> {
  const scene = await openScene({ speed: 60, limits: { acedata: LIMIT }, durations: { hailuo: 60_000 } }, { ACEDATA_MAX_IN_FLIGHT: '50' });
  try {
    await scene.enqueue(PROMPTS);
    for (let started = 0; started < workers; started += 1) await scene.worker();
    const held: number[] = [];
    const busy: number[] = [];
    for (;;) {
      const queued = (await readBatch(scene.store, 'bench'))?.counts.queued ?? 0;
      if (queued === 0) break;
      // Only while there is a backlog and the limit was reached once.
      const { accepted, accounts } = scene.simulator.counts();
      if (accepted > 3 * LIMIT) {
        held.push(Math.min(1, (await slotsTaken(scene.store, scene.account)) / LIMIT));
        busy.push((Object.values(accounts)[0]?.inFlight ?? 0) / LIMIT);
      }
      await rest(20);
    }
    const { refused, accounts } = scene.simulator.counts();
    const order = scene.simulator.ledger().map(({ prompt }) => Number(prompt.split(' ')[1]));
    const displaced = order.map((line, at) => Math.abs(line - at));
    const peak = Object.values(accounts)[0]?.peakInFlight;
    const [outOfPlace, atMost] = [displaced.filter((places) => places > 0).length, Math.max(...displaced)];
    return {
      line: [
        `${workers} worker(s): ${refused} refused`, `peak ${peak} in flight`, `slots held ${percent(mean(held))}`, `upstream busy ${percent(mean(busy))}`,
        `${outOfPlace} of ${order.length} out of place (by at most ${atMost})`,
      ].join(', '),
      figures: {
        workers, refused, peakInFlight: peak, slotsHeld: rounded(mean(held)), upstreamBusy: rounded(mean(busy)),
        prompts: order.length, outOfPlace, outOfPlaceByAtMost: atMost,
      },
    };
  } finally {
    await scene.close();
  }
}

/** Redis commands per second of one worker while the account is saturated and so many wait. */
export async function costOfWaiting(waiting: number, configured: number): Promise<Told> {
  const simulation = { speed: 1, limits: { acedata: LIMIT }, durations: { hailuo: 3_600_000 } };
  const scene = await openScene(simulation, { ACEDATA_MAX_IN_FLIGHT: String(configured), HAILUO_FIRST_POLL_MS: '600000' });
  try {
    await scene.enqueue(waiting);
    await scene.worker();
    while ((await slotsTaken(scene.store, scene.account)) < LIMIT) await rest(50);
    await rest(3_000);
    const before = await scene.redisCommands();
    await rest(10_000);
    const perSecond = ((await scene.redisCommands()) - before) / 10;
    return {
      line: `${String(waiting).padStart(6)} waiting, configured for ${configured}: ${perSecond.toFixed(0)} Redis commands/s`,
      figures: { waiting, configured, redisCommandsPerSecond: rounded(perSecond) },
    };
  } finally {
    await scene.close();
  }
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}

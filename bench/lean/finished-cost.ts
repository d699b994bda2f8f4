/**
 * What one finished generation asks of Redis: its round trips, and its commands with those inside of scripts. What an idle worker asks in the
 * same time is taken off.
 */
import { setTimeout as rest } from 'node:timers/promises';
import { readBatch } from '@dailies/queue';
import { type Scene, openScene } from '../scene.ts';

export interface FinishedCost {
  generations: number;
  pollsEach: number;
  /** Reads of Redis from its clients: what was sent together counts once. */
  roundTrips: number;
  commands: number;
}

interface Asked {
  reads: number;
  commands: number;
  at: number;
}

const IDLE_MS = 5_000;
const LOOK_MS = 500;

export async function finishedCost(generations: number): Promise<FinishedCost> {
  const paces = { HAILUO_FIRST_POLL_MS: '300', HAILUO_POLL_MIN_MS: '600', HAILUO_POLL_MAX_MS: '600', ACEDATA_MAX_IN_FLIGHT: '50' };
  // Ready in between: pending at the first poll, done at the second.
  const scene = await openScene({ speed: 1, limits: { acedata: 50 }, durations: { hailuo: 600 } }, paces);
  try {
    await scene.worker();
    await rest(1_000);
    const before = await asked(scene);
    await rest(IDLE_MS);
    const idle = await asked(scene);
    await scene.enqueue(generations);
    const from = await asked(scene);
    while (((await readBatch(scene.store, 'bench'))?.counts.succeeded ?? 0) < generations) await rest(LOOK_MS);
    const to = await asked(scene);
    const share = (to.at - from.at) / (idle.at - before.at);
    const each = (what: 'reads' | 'commands'): number => (to[what] - from[what] - (idle[what] - before[what]) * share) / generations;
    const polls = await pollsOf(scene, generations);
    return { generations, pollsEach: polls / generations, roundTrips: each('reads'), commands: each('commands') };
  } finally {
    await scene.close();
  }
}

async function asked({ store }: Scene): Promise<Asked> {
  const info = await store.redis.info('stats');
  const figure = (name: string): number => Number(new RegExp(`^${name}:(\\d+)`, 'm').exec(info)?.[1]);
  return { reads: figure('total_reads_processed'), commands: figure('total_commands_processed'), at: performance.now() };
}

async function pollsOf({ store }: Scene, generations: number): Promise<number> {
  let polls = 0;
  for (let at = 0; at < generations; at += 1) polls += Number(await store.redis.hget(store.keys.generation(`b-${at}`), 'polls'));
  return polls;
}

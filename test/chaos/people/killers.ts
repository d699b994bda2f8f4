/** Whoever kills in the storm: workers and APIs, at random moments, each replaced by another at once. They end when the scene is over. */
import { setTimeout as rest } from 'node:timers/promises';
import type { Random } from '../random.ts';
import type { Scene } from './scene.ts';

const IDLE_MS = 2_000;
const LONGEST_REQUEST_MS = 40;

/** Answers how many it has killed. */
export async function killWorkers(scene: Scene, random: Random): Promise<number> {
  let killed = 0;
  for (; !scene.isOver; killed += 1) {
    const victim = scene.stage.worker();
    await victim.ready;
    await rest(random.between(0, 6) < 1 ? random.between(1_000, 5_000) : random.between(0, 1_200));
    await victim.kill();
  }
  return killed;
}

/** A request takes some milliseconds, in which it would seldom be met: so an API is killed a moment after somebody has asked for something. */
export async function killApis(scene: Scene, random: Random): Promise<number> {
  let killed = 0;
  for (; !scene.isOver; killed += 1) {
    const victim = scene.startApi();
    await untilUp(victim);
    await rest(random.between(100, 1_000));
    await scene.nextCall(IDLE_MS);
    await rest(random.between(0, LONGEST_REQUEST_MS));
    await victim.kill();
  }
  return killed;
}

async function untilUp(api: ReturnType<Scene['startApi']>): Promise<void> {
  while (api.url() === undefined && !api.isGone()) await rest(10);
}

/** The parts of the suite, and how much of each is done: in the long run, and in the quick one. */
import { clock } from './parts/clock.ts';
import { disk } from './parts/disk.ts';
import { kills } from './parts/kills.ts';
import { matrix } from './parts/matrix.ts';
import { people } from './parts/people.ts';
import { redis } from './parts/redis.ts';
import { refusals } from './parts/refusals.ts';
import { stops } from './parts/stops.ts';
import { OUTAGES, upstream } from './parts/upstream.ts';
import type { PartResult, Surroundings } from './part.ts';

export const PARTS = ['matrix', 'kills', 'stops', 'redis', 'refusals', 'people', 'upstream', 'clock', 'disk'] as const;
export type PartName = (typeof PARTS)[number];

/** At once, on a small machine: most of the time is waiting. */
const WIDTH = 8;
/** Each of these has a Redis of its own, which is kept busy. */
const WIDTH_OF_REFUSALS = 3;
const QUICK_CELLS = (['submit:sending', 'submit:answered', 'submit:recorded', 'poll:ended', 'download:stored'] as const).flatMap((point) => (['allegro', 'kling', 'hailuo'] as const).map((provider) => ({ point, provider })));

export function runPart(name: PartName, surroundings: Surroundings, { quick, kills: killsAsked }: { quick: boolean; kills: number | undefined }): Promise<PartResult> {
  const storm = killsAsked ?? (quick ? 100 : 1_000);
  switch (name) {
    case 'matrix':
      return matrix(surroundings, { width: WIDTH, ...(quick ? { cells: QUICK_CELLS } : {}) });
    case 'kills':
      return kills(surroundings, { kills: storm, generations: 2 * storm, takeOvers: true });
    case 'stops':
      return stops(surroundings, { width: WIDTH, ...(quick ? { cells: QUICK_CELLS } : {}) });
    case 'redis':
      return redis(surroundings, { kills: quick ? 3 : 20, freezeMs: 20_000, halfOpen: true });
    case 'refusals':
      return refusals(surroundings, { width: WIDTH_OF_REFUSALS, ...(quick ? { points: ['submit:recorded', 'poll:ended'] } : {}) });
    case 'people':
      return people(surroundings, { acts: quick ? 200 : 2_000 });
    case 'upstream':
      return upstream(surroundings, { generations: quick ? 8 : 40, outageMs: quick ? 15_000 : 600_000, outages: OUTAGES, width: 4 });
    case 'clock':
      return clock(surroundings, { generations: quick ? 40 : 200 });
    case 'disk':
      return disk(surroundings, { generations: 40 });
  }
}

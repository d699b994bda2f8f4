/** Clocks that are corrected by a minute, forwards and backwards, under running workers. Their monotonic clock and Redis' own go on as ever. */
import { PROVIDER_NAMES } from '@dailies/providers';
import { type PartResult, type Surroundings, conclude, warmUp } from '../part.ts';
import { openStage } from '../stage.ts';

const MINUTE = 60_000;

export async function clock(surroundings: Surroundings, options: { generations: number }): Promise<PartResult> {
  const stage = await openStage({ ...surroundings, redisUrl: surroundings.redis.url, name: 'clock', simulator: { seed: surroundings.seed } });
  let wrong: string[] = [];
  let jumps = 0;
  try {
    const workers = [stage.worker({ clockJumps: [MINUTE, 0, -MINUTE, 0] }), stage.worker({ clockJumps: [-MINUTE, 0, MINUTE, 0] })];
    await Promise.all(workers.map(({ ready }) => ready));
    await warmUp(stage, PROVIDER_NAMES);
    for (let jump = 0; jump < 4; jump += 1) {
      for (const worker of workers) {
        for (let group = 0; group < options.generations / PROVIDER_NAMES.length / 8; group += 1) await stage.accept('clock', PROVIDER_NAMES);
        await stage.simulator.nextRequest(({ kind }) => kind === 'create');
        worker.signal('SIGUSR2');
        jumps += 1;
      }
    }
    wrong = await conclude(stage, {}, 300_000);
    surroundings.tell(`clock: ${wrong.length === 0 ? 'holds' : wrong.join('; ')}`);
    return {
      name: 'clock',
      did: 'The wall clocks of two running workers jump by a minute, forwards and backwards, in the middle of submits.',
      figures: { jumps, generations: stage.accepted.length },
      findings: wrong,
      skipped: [],
    };
  } finally {
    await stage.close(wrong.length > 0);
  }
}

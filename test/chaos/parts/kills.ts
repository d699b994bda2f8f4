/**
 * The kill storm: two workers at a time, each killed at a random moment and replaced, while work keeps coming in for all five providers.
 * Most die young; one in six lives long enough to get a lot done; one in ten dies while it is still starting.
 */
import { PROVIDERS, PROVIDER_NAMES } from '@dailies/providers';
import { type Generation, batchNames, readGenerations } from '@dailies/queue';
import type { Fault } from '@dailies/simulator';
import type { CrashPoint } from '../../../apps/worker/src/crash-points.ts';
import { type PartResult, type Surroundings, conclude, inParallel, median, untilNextEvent, warmUpAndKill } from '../part.ts';
import { type Random, seeded } from '../random.ts';
import { type Stage, openStage } from '../stage.ts';

const WORKERS = 2;
const GROUP = PROVIDER_NAMES.length * 2;
const GROUPS_OF_A_BATCH = 10;
/** Each question for a person keeps its slot until its deadline: a storm makes more of them than an account usually has slots. */
const ROOM = { allegro: 1_000, kling: 60, acedata: 60 };
const HELD_BY_A_JOB: readonly CrashPoint[] = ['submit:fetched', 'poll:fetched', 'poll:answered', 'download:fetched', 'download:stored'];
const LOCK_OF_PRODUCTION_MS = 15_000;
/** A simulator answers in a millisecond, which nobody is ever killed in. */
const SLOW_ANSWER: Fault = { on: 'create', what: 'late-answer', probability: 0.5, ms: 200 };

const TOOK_OVER = ' Last, with the locks of production, a worker is killed while it holds a job, and the time is measured until another one goes on.';

export interface KillOptions {
  kills: number;
  generations: number;
  /** Whether to measure, with production's locks, how soon somebody goes on after a kill. */
  takeOvers: boolean;
}

export async function kills(surroundings: Surroundings, options: KillOptions): Promise<PartResult> {
  const stage = await openStage({ ...surroundings, redisUrl: surroundings.redis.url, name: `kills-${surroundings.seed}`, simulator: { seed: surroundings.seed, limits: ROOM, faults: [SLOW_ANSWER] }, environment: { ALLEGRO_MAX_IN_FLIGHT: '1000' } });
  const began = Date.now();
  const lives: number[] = [];
  let wrong: string[] = [];
  try {
    await warmUpAndKill(stage, PROVIDER_NAMES);
    await Promise.all(Array.from({ length: WORKERS }, (_, lane) => killAgainAndAgain(surroundings, stage, options, lives, seeded(surroundings.seed * WORKERS + lane))));
    const stormMs = Date.now() - began;
    await stage.worker().ready;
    await stage.worker().ready;
    wrong = await conclude(stage, { mayAsk: fellSilentWithoutLookUp }, 600_000);
    const endedMs = Date.now() - began - stormMs;
    const all = (await readGenerations(stage.store, stage.accepted)).filter((one) => one !== null);
    const doubtful = all.filter(({ history }) => history.some(({ state }) => state === 'ambiguous'));
    const asked = doubtful.filter(({ state }) => state === 'unresolved');
    const took = options.takeOvers ? await inParallel(HELD_BY_A_JOB, HELD_BY_A_JOB.length, (point) => takeOver(surroundings, point)) : [];
    return {
      name: 'kills',
      did: `Two workers at a time are killed (SIGKILL) at random moments and replaced, while work keeps coming in for all providers. Then two workers finish everything.${options.takeOvers ? TOOK_OVER : ''}`,
      figures: {
        kills: lives.length,
        generations: stage.accepted.length,
        batches: (await batchNames(stage.store)).length,
        'paid submits': stage.simulator.counts().accepted,
        'POSTs refused or reset': stage.simulator.counts().refused,
        'killed between request and record': doubtful.length,
        'of these settled by look-up': doubtful.length - asked.length,
        'of these asked for a person (Allegro)': asked.length,
        'median life of a worker, ms': median(lives),
        'minutes of storm': (stormMs / 60_000).toFixed(1),
        'minutes until everything had ended': (endedMs / 60_000).toFixed(1),
        ...(options.takeOvers ? { 'next useful step after a kill in the middle of a job, locks of 15 s, ms (longest)': Math.max(...took) } : {}),
      },
      findings: wrong,
      skipped: [],
    };
  } finally {
    await stage.close(wrong.length > 0);
  }
}

async function killAgainAndAgain({ tell }: Surroundings, stage: Stage, options: KillOptions, lives: number[], random: Random): Promise<void> {
  while (lives.length < options.kills) {
    const due = Math.ceil((options.generations * lives.length) / options.kills);
    if (stage.accepted.length < due) await stage.accept(`storm-${Math.floor(stage.accepted.length / GROUP / GROUPS_OF_A_BATCH)}`, [...PROVIDER_NAMES, ...PROVIDER_NAMES]);
    const victim = stage.worker();
    const life = random.between(0, 6) < 1 ? random.between(600, 5_000) : random.between(0, 600);
    if (random.between(0, 10) < 1) {
      await moment(Math.min(life, 400));
    } else {
      await victim.ready;
      await moment(life);
    }
    await victim.kill();
    lives.push(Math.round(life));
    if (lives.length % 50 === 0) tell(`${lives.length} kills, ${stage.accepted.length} generations accepted`);
  }
}

/** A worker dies with a job in its hands; another one is there, and must wait for the lock of the dead one to end. */
async function takeOver(surroundings: Surroundings, point: CrashPoint): Promise<number> {
  const stage = await openStage({ ...surroundings, redisUrl: surroundings.redis.url, name: `take-over-${point.replace(':', '-')}` });
  try {
    const victim = stage.worker({ trap: { point, prefix: 'held', hit: 1, signal: 'SIGKILL' }, lockMs: LOCK_OF_PRODUCTION_MS });
    await victim.ready;
    await stage.accept('held', ['kling']);
    await victim.trapped;
    const since = Date.now();
    stage.worker({ lockMs: LOCK_OF_PRODUCTION_MS });
    return await untilNextEvent(stage, since);
  } finally {
    await stage.close(false);
  }
}

function moment(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Only a process that died between the request and its record may make a question, and only where there is no look-up. */
function fellSilentWithoutLookUp({ provider, ambiguity }: Generation): boolean {
  return PROVIDERS[provider].find === undefined && ambiguity?.why.includes('fell silent') === true;
}

/**
 * People at work in a storm: while workers and APIs are killed at random moments, they enqueue, cancel, retry, pause and resume, answer what is asked of
 * them, and do the same thing twice at once. What they were told must have been so, and what they did not ask for must not be paid.
 */
import { PROVIDER_NAMES } from '@dailies/providers';
import type { Fault } from '@dailies/simulator';
import { bundleApi } from '../bundle.ts';
import { SPEED } from '../environment.ts';
import { type PartResult, type Surroundings, conclude, warmUpAndKill } from '../part.ts';
import { act, answerAll, resumeAll } from '../people/acts.ts';
import { killApis, killWorkers } from '../people/killers.ts';
import { Scene } from '../people/scene.ts';
import { seeded } from '../random.ts';
import { openStage } from '../stage.ts';

const PEOPLE = 2;
const ANSWERED_WITHIN_MS = 300_000;
/** Each question for a person keeps its slot until it is answered. */
const ROOM = { allegro: 1_000, kling: 60, acedata: 60 };
/** Slow enough to be met while it is submitted; some are refused, some fail, and of some nobody knows whether they were accepted. */
const FAULTS: readonly Fault[] = [
  { on: 'create', what: 'late-answer', probability: 0.4, ms: 300 },
  { on: 'create', what: '429-html', probability: 0.05 },
  { on: 'create', what: 'reset-after-read', probability: 0.04 },
  { on: 'create', what: 'reset-after-read-not-accepted', probability: 0.04 },
  // Billed: what an upstream fails unbilled is sent again by itself.
  { on: 'create', what: 'task-fails', code: 'forbidden', reason: 'refused', probability: 0.08 },
];
/** Slow enough to be met while it renders. */
const RENDERS_MS = 1_000;

export async function people(surroundings: Surroundings, options: { acts: number }): Promise<PartResult> {
  const { seed } = surroundings;
  const program = await bundleApi(surroundings.folder);
  const durations = Object.fromEntries(PROVIDER_NAMES.map((name) => [name, RENDERS_MS * SPEED]));
  const simulator = { seed, limits: ROOM, durations, faults: FAULTS };
  const environment = { ALLEGRO_MAX_IN_FLIGHT: '1000', PORT: '0' };
  const stage = await openStage({ ...surroundings, redisUrl: surroundings.redis.url, name: `people-${seed}`, simulator, environment });
  const scene = new Scene(stage, program);
  let wrong: string[] = [];
  try {
    await warmUpAndKill(stage, PROVIDER_NAMES);
    const random = (number: number) => seeded(seed * 10 + number);
    const workers = [killWorkers(scene, random(0)), killWorkers(scene, random(1))];
    const apis = [killApis(scene, random(2)), killApis(scene, random(3))];
    await Promise.all(Array.from({ length: PEOPLE }, (_, one) => act(scene, options.acts / PEOPLE, random(4 + one), surroundings.tell)));
    scene.isOver = true;
    const [workersKilled, apisKilled] = [await total(workers), await total(apis)];
    surroundings.tell(`${workersKilled} workers and ${apisKilled} APIs killed`);
    scene.startApi();
    await Promise.all([stage.worker().ready, stage.worker().ready]);
    await resumeAll(scene);
    await answerAll(scene, random(9), ANSWERED_WITHIN_MS);
    surroundings.tell('nobody is asked any more');
    wrong = await conclude(stage, scene.allowance(), ANSWERED_WITHIN_MS);
    surroundings.tell(`people: ${wrong.length === 0 ? 'holds' : wrong.join('; ')}`);
    const { told } = scene;
    return {
      name: 'people',
      did: [
        'While two workers and two APIs at a time are killed (SIGKILL) at random moments and replaced, people enqueue,',
        'cancel single generations and whole batches, retry, pause and resume, and answer what is asked of them, sometimes wrongly.',
        'Now and then two of them do the same thing at once.',
        'Who gets no answer from the API asks again with the same `Idempotency-Key`.',
        'Every round but the first must be one that a person has begun, each round is paid once at most, nothing is paid after its cancel,',
        'and what a person was told of money must be so.',
      ].join(' '),
      figures: {
        'things that people did': options.acts,
        'workers killed': workersKilled,
        'APIs killed': apisKilled,
        'asked again, since there was no answer': told.repeated,
        canceled: told.count('cancel'),
        'new rounds begun by people': told.count('round'),
        'given up by people': told.count('abandon'),
        'tasks given by people': told.count('task'),
        generations: stage.accepted.length,
        'paid submits': stage.simulator.counts().accepted,
      },
      findings: wrong,
      skipped: [],
    };
  } finally {
    scene.isOver = true;
    await scene.close();
    await stage.close(wrong.length > 0);
  }
}

async function total(counts: readonly Promise<number>[]): Promise<number> {
  return (await Promise.all(counts)).reduce((sum, count) => sum + count, 0);
}

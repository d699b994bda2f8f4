/** The crash matrix: kill -9 at every named point, for every provider; another worker takes over. */
import { PROVIDERS, PROVIDER_NAMES, type ProviderName } from '@dailies/providers';
import { countsOf, type Generation } from '@dailies/queue';
import type { Fault, SimulatorOptions } from '@dailies/simulator';
import { type CrashPoint, UPSTREAM_POINTS } from '../../../apps/worker/src/crash-points.ts';
import { SPEED } from '../environment.ts';
import { type PartResult, type Surroundings, conclude, inParallel, trappedWith, warmUp } from '../part.ts';
import { openStage } from '../stage.ts';

export interface Cell {
  point: CrashPoint;
  provider: ProviderName;
}

/** What has to go wrong at the upstream for this point to be reached at all. */
const FAULTS: Partial<Record<CrashPoint, string>> = {
  'submit:refused': '429-html',
  'submit:put-back': '429-html',
  'submit:doubtful': 'reset-after-read-not-accepted',
  'settle:looked': 'reset-after-read',
  'settle:adopted': 'reset-after-read',
  'settle:requeued': 'reset-after-read-not-accepted',
};

/** What the upstream fails and bills nothing for is submitted again: a word that only AceData has. */
const FAILS_UNBILLED: Fault = { on: 'create', what: 'task-fails', code: 'api_error', reason: 'no channel available', match: 'target', times: 1 };

/** Stopped here, nobody knows whether the request was accepted; where there is no look-up, a person is asked. */
const IN_DOUBT: readonly CrashPoint[] = ['submit:intent-written', 'submit:sending', 'submit:answered', 'submit:refused', 'submit:doubtful'];

export function isPossible({ point, provider }: Cell): boolean {
  if (point === 'poll:resubmitted') return provider !== 'allegro' && provider !== 'kling';
  return !point.startsWith('settle:') || PROVIDERS[provider].find !== undefined;
}

function whyNot(point: CrashPoint): string {
  return point === 'poll:resubmitted' ? 'only AceData reports failures that it does not bill' : 'the upstream has no look-up';
}

/** An upstream where this point is sure to be reached: with the fault that it takes, and slow enough to be polled in vain. */
export function upstreamFor({ point, provider }: Cell): SimulatorOptions {
  const what = FAULTS[point];
  if (point === 'poll:resubmitted') return { faults: [{ ...FAILS_UNBILLED, provider }] };
  return {
    faults: what === undefined ? [] : [{ on: 'create', what, provider, match: 'target', times: 1 }],
    durations: point === 'poll:noted' ? { [provider]: 10_000 * SPEED } : {},
  };
}

/** The one that was stopped, at such a point; and its sibling, when it was under way in the same process. */
export function mayAskAfter({ point, provider }: Cell, subject: string | null): (generation: Generation) => boolean {
  if (PROVIDERS[provider].find !== undefined) return () => false;
  return ({ id, batch, ambiguity }) => batch === 'target' && (id === subject ? IN_DOUBT.includes(point) : ambiguity?.why.includes('fell silent') === true);
}

export async function matrix(surroundings: Surroundings, options: { cells?: readonly Cell[]; width: number }): Promise<PartResult> {
  const all = UPSTREAM_POINTS.flatMap((point) => PROVIDER_NAMES.map((provider): Cell => ({ point, provider })));
  const cells = (options.cells ?? all).filter(isPossible);
  const skipped = options.cells === undefined ? all.filter((cell) => !isPossible(cell)).map(({ point, provider }) => `${point} × ${provider} (${whyNot(point)})`) : [];
  const results = await inParallel(cells, options.width, (cell) => crashAt(surroundings, cell));
  return {
    name: 'matrix',
    did: 'For each provider, a worker is killed (SIGKILL) at each named point between two of its effects (`apps/worker/src/crash-points.ts`). Another worker is then started and finishes the batch.',
    figures: {
      'points × providers': cells.length,
      'kills at the point': results.filter(({ trapped }) => trapped).length,
      generations: results.reduce((sum, { generations }) => sum + generations, 0),
      'asked for a person (Allegro, between request and record)': results.reduce((sum, { asked }) => sum + asked, 0),
    },
    findings: results.flatMap(({ wrong }) => wrong),
    skipped,
  };
}

async function crashAt(surroundings: Surroundings, cell: Cell): Promise<{ trapped: boolean; generations: number; asked: number; wrong: string[] }> {
  const { point, provider } = cell;
  const stage = await openStage({ ...surroundings, redisUrl: surroundings.redis.url, name: `crash-${point.replace(':', '-')}-${provider}`, simulator: upstreamFor(cell) });
  const wrong: string[] = [];
  try {
    const victim = stage.worker({ trap: { point, prefix: 'target', hit: 1, signal: 'SIGKILL' } });
    await victim.ready;
    await warmUp(stage, [provider]);
    const targets = await stage.accept('target', [provider, provider]);
    const subject = await trappedWith(victim, stage, targets);
    if (subject === null) wrong.push(`${stage.name}: the point was never reached`);
    await victim.kill();
    await stage.worker().ready;
    wrong.push(...(await conclude(stage, { mayAsk: mayAskAfter(cell, subject) })));
    const asked = (await countsOf(stage.store, provider)).unresolved;
    surroundings.tell(`${point} × ${provider}: ${wrong.length === 0 ? 'holds' : wrong.join('; ')}`);
    return { trapped: subject !== null, generations: stage.accepted.length, asked, wrong };
  } finally {
    await stage.close(wrong.length > 0);
  }
}

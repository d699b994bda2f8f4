/** The crash matrix: kill -9 at every named point, for every provider; another worker takes over. */
import { PROVIDERS, PROVIDER_NAMES, type ProviderName } from '@dailies/providers';
import type { Generation } from '@dailies/queue';
import type { Fault } from '@dailies/simulator';
import { CRASH_POINTS, type CrashPoint } from '../../../apps/worker/src/crash-points.ts';
import { type PartResult, type Surroundings, conclude, inParallel, warmUp } from '../part.ts';
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

/** Stopped here, nobody knows whether the request was accepted; where there is no look-up, a person is asked. */
const IN_DOUBT: readonly CrashPoint[] = ['submit:intent-written', 'submit:sending', 'submit:answered', 'submit:doubtful'];

export function isPossible({ point, provider }: Cell): boolean {
  return !point.startsWith('settle:') || PROVIDERS[provider].find !== undefined;
}

export function faultFor({ point, provider }: Cell): Fault[] {
  const what = FAULTS[point];
  return what === undefined ? [] : [{ on: 'create', what, provider, match: 'target', times: 1 }];
}

export function mayAskAfter({ point, provider }: Cell): (generation: Generation) => boolean {
  return ({ batch }) => batch === 'target' && PROVIDERS[provider].find === undefined && IN_DOUBT.includes(point);
}

export async function matrix(surroundings: Surroundings, options: { cells?: readonly Cell[]; width: number }): Promise<PartResult> {
  const all = CRASH_POINTS.flatMap((point) => PROVIDER_NAMES.map((provider): Cell => ({ point, provider })));
  const cells = (options.cells ?? all).filter(isPossible);
  const skipped = options.cells === undefined ? all.filter((cell) => !isPossible(cell)).map(({ point, provider }) => `${point} × ${provider}: it has no look-up`) : [];
  const results = await inParallel(cells, options.width, (cell) => crashAt(surroundings, cell));
  return {
    name: 'matrix',
    did: 'kill -9 of the worker at each named crash point, for each provider; another worker is started and finishes the batch',
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
  const stage = await openStage({ ...surroundings, redisUrl: surroundings.redis.url, name: `crash-${point.replace(':', '-')}-${provider}`, simulator: { faults: faultFor(cell) } });
  const wrong: string[] = [];
  try {
    const victim = stage.worker({ trap: { point, prefix: 'target', hit: 1, signal: 'SIGKILL' } });
    await victim.ready;
    await warmUp(stage, [provider]);
    const targets = await stage.accept('target', [provider, provider]);
    const trapped = await Promise.race([victim.trapped.then(() => true), stage.settled(targets, 60_000).then(() => false)]);
    if (!trapped) wrong.push(`${stage.name}: the point was never reached`);
    await victim.kill();
    await stage.worker().ready;
    wrong.push(...(await conclude(stage, { mayAsk: mayAskAfter(cell) })));
    const asked = (await stage.redis.hget(stage.store.keys.counts(provider), 'unresolved')) ?? '0';
    surroundings.tell(`${point} × ${provider}: ${wrong.length === 0 ? 'holds' : wrong.join('; ')}`);
    return { trapped, generations: stage.accepted.length, asked: Number(asked), wrong };
  } finally {
    await stage.close(wrong.length > 0);
  }
}

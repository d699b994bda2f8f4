/**
 * The refusal matrix: at a named point after which something is written, Redis begins to refuse, answering all the while, and ends it some seconds later.
 * In every other cell the worker is killed meanwhile, and another one starts once Redis takes writes again.
 */
import path from 'node:path';
import { PROVIDERS, PROVIDER_NAMES, type ProviderName } from '@dailies/providers';
import { readGenerations, shardOf } from '@dailies/queue';
import type { CrashPoint } from '../../../apps/worker/src/crash-points.ts';
import { startChaosRedis } from '../chaos-redis.ts';
import { type PartResult, type Surroundings, conclude, inParallel, trappedWith, warmUp } from '../part.ts';
import { seeded } from '../random.ts';
import { REFUSALS, type Refusal, refuse } from '../refuse.ts';
import { type Stage, openStage } from '../stage.ts';
import { type Cell, isPossible, mayAskAfter, upstreamFor } from './matrix.ts';

const POINTS: readonly CrashPoint[] = [
  'submit:fetched',
  'submit:answered',
  'submit:recorded',
  'submit:doubtful',
  'poll:ended',
  'download:fetched',
  'download:stored',
  'folder:manifest',
];
/** A refusal lasts between these. In the longest of them the locks of jobs end. */
const SHORTEST_MS = 1_000;
const LONGEST_MS = 5_000;

interface RefusalCell extends Cell {
  refusal: Refusal;
  refusedMs: number;
  isKilled: boolean;
}

export async function refusals(surroundings: Surroundings, options: { points?: readonly CrashPoint[]; width: number }): Promise<PartResult> {
  const cells = cellsOf(surroundings.seed, options.points ?? POINTS);
  const results = await inParallel(cells, options.width, (cell) => refusedAt(surroundings, cell));
  const longest = (isKilled: boolean): number => Math.max(0, ...results.filter((_, at) => cells[at]?.isKilled === isKilled).map(({ endedMs }) => endedMs));
  return {
    name: 'refusals',
    did: [
      'At each named point Redis refuses what comes next, for 1 to 5 s:',
      'as a script keeps it busy (BUSY), as its memory is full (OOM), or as it has become a replica (READONLY).',
      'In every other case the worker is killed (SIGKILL) before that ends, and another one is started after it.',
      'A worker that lives must go on by itself, without the sweep, which repairs what has stood still for half a minute.',
    ].join(' '),
    figures: {
      'points × kinds of refusal': cells.length,
      'refusals at the point': results.filter(({ trapped }) => trapped).length,
      'workers killed meanwhile': cells.filter(({ isKilled }) => isKilled).length,
      generations: results.reduce((sum, { generations }) => sum + generations, 0),
      'everything had ended after a refusal, ms (longest)': longest(false),
      'everything had ended after a refusal and a kill, ms (longest)': longest(true),
    },
    findings: results.flatMap(({ wrong }) => wrong),
    skipped: [],
  };
}

/** The providers take turns, at each point those that can come to it; where it is in doubt what was accepted, those that can be asked. */
function cellsOf(seed: number, points: readonly CrashPoint[]): RefusalCell[] {
  const random = seeded(seed);
  return points.flatMap((point, row) => {
    const asked = (provider: ProviderName): boolean => point !== 'submit:doubtful' || PROVIDERS[provider].find !== undefined;
    const providers = PROVIDER_NAMES.filter((provider) => isPossible({ point, provider }) && asked(provider));
    return REFUSALS.map((refusal, column): RefusalCell => {
      const provider = providers[(row * REFUSALS.length + column) % providers.length] ?? 'kling';
      return { point, provider, refusal, refusedMs: Math.round(random.between(SHORTEST_MS, LONGEST_MS)), isKilled: (row + column) % 2 === 1 };
    });
  });
}

async function refusedAt(surroundings: Surroundings, cell: RefusalCell): Promise<{ trapped: boolean; generations: number; endedMs: number; wrong: string[] }> {
  const { point, provider, refusal, refusedMs, isKilled } = cell;
  const name = `refusal-${refusal}-${point.replace(':', '-')}-${provider}`;
  // One of its own: all who use it are refused.
  const server = await startChaosRedis(path.join(surroundings.folder, `${name}-redis`));
  const stage = await openStage({ ...surroundings, redisUrl: server.url, name, simulator: upstreamFor(cell) });
  const wrong: string[] = [];
  try {
    const worker = stage.worker({ trap: { point, prefix: 'target', hit: 1, signal: 'SIGSTOP' } });
    await worker.ready;
    await warmUp(stage, [provider]);
    const targets = await stage.accept('target', [provider, provider]);
    const subject = await trappedWith(worker, stage, targets);
    if (subject === null) wrong.push(`${name}: the point was never reached`);
    const end = await refuse(server.port, refusal);
    worker.signal('SIGCONT');
    await new Promise((resolve) => setTimeout(resolve, refusedMs));
    if (isKilled) await worker.kill();
    await end();
    const since = Date.now();
    if (isKilled) await stage.worker().ready;
    await stage.settled(targets, 120_000);
    const endedMs = Date.now() - since;
    if (!isKilled) wrong.push(...(await repaired(stage, targets)).map((id) => `${name}: ${id} stood still until the sweep repaired it`));
    wrong.push(...(await conclude(stage, isKilled ? { mayAsk: mayAskAfter(cell, subject) } : {})));
    const what = `${refusal} for ${refusedMs} ms${isKilled ? ' and a kill' : ''} at ${point} × ${provider}`;
    surroundings.tell(`${what}: ${wrong.length === 0 ? `holds, ended ${endedMs} ms later` : wrong.join('; ')}`);
    return { trapped: subject !== null, generations: stage.accepted.length, endedMs, wrong };
  } finally {
    await stage.close(wrong.length > 0);
    await server.close();
  }
}

/** Those that a repair gave a job, and not whoever moved them on. The one after a worker's start leaves alone what was accepted since. */
async function repaired({ store }: Stage, ids: readonly string[]): Promise<string[]> {
  const found = (await readGenerations(store, ids)).filter((one) => one !== null);
  const marks = await Promise.all(
    found.map(({ id, account, shard: number }) => {
      const shard = shardOf(store, account, number);
      return shard.redis.hget(shard.keys.generation(id), 'renewedBy');
    }),
  );
  return found.filter((_, at) => marks[at] !== null).map(({ id }) => id);
}

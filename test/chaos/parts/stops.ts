/**
 * The stop matrix: a worker is stopped (SIGSTOP) at a named point for longer than its locks and longer than every judgement of others; another
 * one takes over and finishes; then the first one is continued, in the middle of what it was doing.
 */
import { PROVIDERS, type ProviderName } from '@dailies/providers';
import { UPSTREAM_POINTS } from '../../../apps/worker/src/crash-points.ts';
import { LOCK_MS } from '../environment.ts';
import { type PartResult, type Surroundings, conclude, inParallel, trappedWith, warmUp } from '../part.ts';
import { openStage } from '../stage.ts';
import { type Cell, isPossible, mayAskAfter, upstreamFor } from './matrix.ts';

const PROVIDERS_OF_EACH_KIND: readonly ProviderName[] = ['allegro', 'kling', 'hailuo'];

export async function stops(surroundings: Surroundings, options: { cells?: readonly Cell[]; width: number }): Promise<PartResult> {
  const all = UPSTREAM_POINTS.flatMap((point) => PROVIDERS_OF_EACH_KIND.map((provider): Cell => ({ point, provider })));
  const cells = (options.cells ?? all).filter(isPossible);
  const results = await inParallel(cells, options.width, (cell) => stopAt(surroundings, cell));
  return {
    name: 'stops',
    did: 'A worker is stopped (SIGSTOP) at each named point until its locks have ended and another worker has finished its work or left it to a person. Then it is continued (SIGCONT) in the middle of what it was doing.',
    figures: {
      'points × providers (one of each kind of upstream)': cells.length,
      'stops at the point': results.filter(({ trapped }) => trapped).length,
      'POSTs sent by a continued worker': results.reduce((sum, { postsAfter }) => sum + postsAfter, 0),
    },
    findings: results.flatMap(({ wrong }) => wrong),
    skipped: [],
  };
}

async function stopAt(surroundings: Surroundings, cell: Cell): Promise<{ trapped: boolean; postsAfter: number; wrong: string[] }> {
  const { point, provider } = cell;
  const stage = await openStage({ ...surroundings, redisUrl: surroundings.redis.url, name: `stop-${point.replace(':', '-')}-${provider}`, simulator: upstreamFor(cell) });
  const posts = (): number => stage.simulator.requests({ kind: 'create' }).length;
  const wrong: string[] = [];
  try {
    const stopped = stage.worker({ trap: { point, prefix: 'target', hit: 1, signal: 'SIGSTOP' } });
    await stopped.ready;
    await warmUp(stage, [provider]);
    const targets = await stage.accept('target', [provider]);
    const subject = await trappedWith(stopped, stage, targets);
    if (subject === null) wrong.push(`${stage.name}: the point was never reached`);
    await stage.worker().ready;
    const [open] = await Promise.all([stage.settled(targets, 120_000), longerThanTheLock()]);
    for (const id of open) wrong.push(`${stage.name}: ${id} did not end while the first worker was stopped`);
    const before = posts();
    if (PROVIDERS[provider].find === undefined && isBeforeTheSocket(cell) && before > 1) wrong.push(`${stage.name}: a POST was sent for what had been stopped before its socket`);
    // Continued, and told to stop: so it first does all that it was in the middle of.
    if (!(await stopped.end())) wrong.push(`${stage.name}: the continued worker did not stop`);
    const postsAfter = posts() - before;
    // What it never sent, or was refused, it gives back when it is continued: then the other worker sends it, once.
    if (postsAfter > (isGivenBack(cell) ? 1 : 0)) wrong.push(`${stage.name}: ${postsAfter} POSTs after the first worker was continued`);
    // Whoever sent it is there again and knows: only what nobody ever saw the end of asks for a person.
    wrong.push(...(await conclude(stage, { mayAsk: point === 'submit:doubtful' ? mayAskAfter(cell, subject) : () => false })));
    surroundings.tell(`${point} × ${provider}: ${wrong.length === 0 ? 'holds' : wrong.join('; ')}`);
    return { trapped: subject !== null, postsAfter: isGivenBack(cell) ? Math.max(0, postsAfter - 1) : postsAfter, wrong };
  } finally {
    await stage.close(wrong.length > 0);
  }
}

/** An upstream without look-up leaves it with a person until its owner is back. */
function isGivenBack({ point, provider }: Cell): boolean {
  return PROVIDERS[provider].find === undefined && (point === 'submit:intent-written' || point === 'submit:sending' || point === 'submit:refused');
}

function isBeforeTheSocket({ point }: Cell): boolean {
  return point === 'submit:intent-written' || point === 'submit:sending';
}

function longerThanTheLock(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 2 * LOCK_MS));
}

/**
 * The outcome of the followed generations, for the summary and the exit code. Read from the ledger, in pages.
 */
import { chunked, publicGeneration, readGenerations, type Generation, type PublicGeneration, type Store } from '@dailies/queue';
import { exitCode, type ExitCode } from '../../exit-code.ts';
import type { Board, StateCounts } from './board.ts';
import type { Standing } from './standstill.ts';

export interface Outcome {
  batch: string;
  total: number;
  counts: StateCounts;
  /** Of those that failed: how many a person gave up. A retry of the batch leaves them. */
  abandoned: number;
  standing: Standing;
  /** Generations that failed, were canceled or need a person's decision, at most `MOST_LISTED` of them. */
  trouble: Trouble[];
  troubleInAll: number;
  exitCode: ExitCode;
}

export interface Trouble {
  id: string;
  line: number | null;
  provider: string;
  state: string;
  reason: string;
}

const MOST_LISTED = 50;
const PAGE = 200;

/** How the following ended. */
interface Ending {
  batch: string;
  standing: Standing;
  interrupted: boolean;
  /** How many succeeded, with a file that is not in the folder. Default: none. */
  elsewhere?: number | undefined;
}

/** `each` sees every generation once, in order. */
export async function readOutcome(
  store: Store,
  board: Board,
  { batch, standing, interrupted, elsewhere = 0 }: Ending,
  each: (generation: PublicGeneration) => void,
): Promise<Outcome> {
  const trouble: Trouble[] = [];
  let troubleInAll = 0;
  let abandoned = 0;
  const ids = board.ids();
  for (const page of chunked(ids, PAGE)) {
    for (const generation of await readGenerations(store, page)) {
      if (generation === null) continue;
      board.move(generation.id, generation.state);
      each(publicGeneration(generation));
      if (generation.state === 'failed' && generation.failure?.kind === 'abandoned') abandoned += 1;
      const reason = troubleOf(generation);
      if (reason === null) continue;
      troubleInAll += 1;
      if (trouble.length < MOST_LISTED) {
        const { id, provider, state } = generation;
        trouble.push({ id, line: board.get(id)?.line ?? null, provider, state, reason });
      }
    }
  }
  const counts = board.counts();
  const hindered = standing.hindrances.reduce((sum, one) => sum + one.count, 0);
  const lost = counts.failed + counts.canceled + elsewhere;
  const needPerson = counts.unresolved + counts.overdue + hindered;
  return { batch, total: board.size, counts, abandoned, standing, trouble, troubleInAll, exitCode: exitCode({ interrupted, lost, needPerson }) };
}

/** Null: nothing is wrong with the generation. */
function troubleOf({ state, failure, ambiguity }: Generation): string | null {
  if (state === 'failed') return failure === undefined ? 'no reason was given' : `${failure.kind}: ${failure.message}`;
  if (state === 'canceled') return 'canceled by a person';
  if (state === 'unresolved') return `nobody knows whether it was accepted${ambiguity === undefined ? '' : `: ${ambiguity.why}`}`;
  if (state === 'overdue') return 'it takes longer than its deadline; its task is kept and polled';
  return null;
}

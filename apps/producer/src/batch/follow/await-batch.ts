/**
 * Waits for the generations of a board and reports them: progress for people, one JSON object for each generation, once, for machines, and a summary
 * at the end. Works on nothing itself.
 */
import { chunked, isTerminal, publicGeneration, readGenerations } from '@dailies/queue';
import type { Context } from '../../context.ts';
import { Display } from '../../progress/display.ts';
import type { Session } from '../../session.ts';
import type { Board } from './board.ts';
import { follow } from './follow.ts';
import { type Outcome, readOutcome } from './outcome.ts';
import { type ReportOptions, summaryJson, summaryText } from './report.ts';

export interface AwaitOptions {
  batch: string;
  json: boolean;
  wait: boolean;
}

const PAGE = 200;

export interface Waiting {
  /** Reads the final states and reports the rest. Call it when nothing works on the batch any more. */
  report(options: ReportOptions): Promise<Outcome>;
}

/** Resolves when nothing moves any more, or after the first Ctrl-C. */
export async function awaitBatch(context: Context, session: Session, board: Board, { batch, json, wait }: AwaitOptions): Promise<Waiting> {
  const { terminal, interrupts } = context;
  const display = new Display(terminal, board);
  const told = new Set<string>();
  const print = (generation: ReturnType<typeof publicGeneration>): void => {
    if (!json || told.has(generation.id)) return;
    told.add(generation.id);
    terminal.data(`${JSON.stringify(generation)}\n`);
  };
  const tellEnded = async (ids: readonly string[]): Promise<void> => {
    if (!json) return;
    for (const page of chunked(ids, PAGE)) {
      for (const generation of await readGenerations(session.desk.store, page)) {
        // A generation that a person retries at this moment is reported when it ends again.
        if (generation !== null && isTerminal(generation.state)) print(publicGeneration(generation));
      }
    }
  };
  await tellEnded([...board.members()].filter(({ state }) => isTerminal(state)).map(({ id }) => id));
  const standing = await follow(
    session,
    board,
    { looked: (found, waits) => display.show(found, waits), moved: (move) => display.tell(move), ended: tellEnded },
    { wait, stopping: interrupts.stopping },
  );
  display.end(standing);
  return {
    async report(options) {
      const ending = { batch, standing, interrupted: interrupts.stopping.aborted, elsewhere: options.elsewhere };
      const outcome = await readOutcome(session.desk.store, board, ending, print);
      terminal.data(json ? `${JSON.stringify(summaryJson(outcome, options))}\n` : summaryText(outcome, options));
      return outcome;
    },
  };
}

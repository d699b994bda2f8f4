/**
 * Takes the valid lines of a file into the ledger, and holds generations whose lines the file no longer has. A line whose id already stands for
 * another request is a bad line like any other.
 */
import { chunked, insistStopped, readGenerations, type Generation } from '@dailies/queue';
import { Complaint } from '../../complaint.ts';
import type { Context } from '../../context.ts';
import type { PromptItem } from '../../input/index.ts';
import type { Session } from '../../session.ts';
import type { Member } from '../follow/board.ts';
import { droppedLines } from './dropped-lines.ts';
import { dropOthers } from './dropped.ts';
import { keptWords } from './kept-words.ts';
import { takeIn, type Intent } from './take-in.ts';
import { withoutTaken } from './without-taken.ts';

export interface EnlistOptions extends Intent {
  file: string;
  skipInvalid: boolean;
  /** How many lines were left out before. It is not known which of the batch's generations are theirs. */
  leftOut: number;
  prune: boolean;
}

export interface Enlisted {
  /** In the order of the file. */
  members: Member[];
  created: number;
  known: number;
  /** How many were known only from the folder's manifest, and were read back from there. */
  recalled: number;
  /** How many lines were left out: before, and because their ids stand for other requests. */
  leftOut: number;
}

const PAGE = 500;

/** Throws MayBeForgotten, when people were told of all that is held or canceled. */
export async function enlist(context: Context, session: Session, options: EnlistOptions): Promise<Enlisted> {
  if (context.interrupts.stopping.aborted) throw new Complaint('Interrupted. Nothing was enqueued.', 130);
  let items = options.items;
  let taken = await takeIn(session, options);
  if (taken.outcome === 'conflict') {
    items = withoutTaken(context, items, new Set(taken.ids), options);
    taken = await takeIn(session, { ...options, items });
    // Another process has taken one of the ids meanwhile.
    if (taken.outcome === 'conflict') throw new Complaint('Other ids became known with another request at this moment. Nothing was enqueued. Try again.');
  }
  const inFile = new Set(options.items.map((item) => item.generation.id));
  const { dropped, stopped } = await dropOthers(session.desk, options.batch, inFile, options.prune && options.leftOut === 0);
  for (const line of droppedLines(dropped, { ...options, suffix: session.setting.suffix })) context.terminal.say(line);
  await insistStopped(session.desk, stopped);
  if (taken.leftOut !== undefined) context.terminal.say(`Warning: ${taken.leftOut}.`);
  const [created, known, recalled] = [taken.created.length, taken.known.length, taken.recalled.length];
  if (recalled > 0) {
    const were = recalled === 1 ? 'was' : 'were';
    context.terminal.say(`${recalled} ${were} not in the ledger any more, and ${were} read back from manifest.jsonl: not submitted again.`);
  }
  const { members, kept } = await membersOf(session, items);
  if (kept !== null) context.terminal.say(kept);
  return { members, created, known, recalled, leftOut: options.leftOut + options.items.length - items.length };
}

/** For people: "2 new, 1 known, 3 read back, 1 left out". */
export function enlistedText({ created, known, recalled, leftOut }: Enlisted): string {
  const rest = [...(recalled > 0 ? [`${recalled} read back`] : []), ...(leftOut > 0 ? [`${leftOut} left out`] : [])];
  return [`${created} new`, `${known} known`, ...rest].join(', ');
}

/** Reads account and state from the ledger: a known generation may have been enqueued for another account, or with another priority or webhook. */
async function membersOf({ desk }: Session, items: readonly PromptItem[]): Promise<{ members: Member[]; kept: string | null }> {
  const members: Member[] = [];
  const words = keptWords();
  for (const page of chunked(items, PAGE)) {
    const found = await readGenerations(desk.store, page.map((item) => item.generation.id));
    page.forEach(({ line, generation: asked }, index) => {
      const generation: Generation | null | undefined = found[index];
      if (!generation) return;
      words.compare(asked, generation);
      members.push({ id: generation.id, provider: generation.provider, account: generation.account, state: generation.state, line });
    });
  }
  return { members, kept: words.said() };
}

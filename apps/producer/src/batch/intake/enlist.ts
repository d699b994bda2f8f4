/**
 * From the good lines of a file to generations on their way: taken in, and those that the file no longer has taken out.
 * An id that stands for another request already is a bad line like any other.
 */
import { readGenerations, type Generation } from '@dailies/queue';
import { Complaint } from '../../complaint.ts';
import type { Context } from '../../context.ts';
import type { PromptItem } from '../../input/index.ts';
import { printable } from '../../printable.ts';
import type { Session } from '../../session.ts';
import type { Member } from '../follow/board.ts';
import { type Dropped, dropOthers } from './dropped.ts';
import { takeIn, type Intent } from './take-in.ts';
import { withoutTaken } from './without-taken.ts';

export interface EnlistOptions extends Intent {
  file: string;
  skipInvalid: boolean;
  /** Lines that were left out before: nobody knows which of the batch's generations are theirs. */
  leftOut: number;
  prune: boolean;
}

export interface Enlisted {
  /** In the order of the file. */
  members: Member[];
  created: number;
  known: number;
  /** Known only from the manifest of the folder, and taken from there. */
  recalled: number;
  /** Lines left out: before, and because their ids stand for something else. */
  leftOut: number;
}

const MOST_LISTED = 20;
const PAGE = 500;

export async function enlist(context: Context, session: Session, options: EnlistOptions): Promise<Enlisted> {
  if (context.interrupts.stopping.aborted) throw new Complaint('Interrupted. Nothing was enqueued.', 130);
  let items = options.items;
  let taken = await takeIn(session, options);
  if (taken.outcome === 'conflict') {
    items = withoutTaken(context, items, new Set(taken.ids), options);
    taken = await takeIn(session, { ...options, items });
    // Somebody took one of them meanwhile.
    if (taken.outcome === 'conflict') throw new Complaint('Other ids became known with another request at this moment. Nothing was enqueued. Try again.');
  }
  const kept = new Set(options.items.map((item) => item.generation.id));
  const dropped = await dropOthers(session.desk, options.batch, kept, options.prune && options.leftOut === 0);
  reportDropped(context, dropped, options, session.setting.suffix);
  const [created, known, recalled] = [taken.created.length, taken.known.length, taken.recalled.length];
  if (recalled > 0) {
    const were = recalled === 1 ? 'was' : 'were';
    context.terminal.say(`${recalled} ${were} not in the ledger any more, and ${were} read back from manifest.jsonl: not submitted again.`);
  }
  return { members: await membersOf(session, items), created, known, recalled, leftOut: options.leftOut + options.items.length - items.length };
}

/** For people: "2 new, 1 known, 3 read back, 1 left out". */
export function enlistedText({ created, known, recalled, leftOut }: Enlisted): string {
  const rest = [...(recalled > 0 ? [`${recalled} read back`] : []), ...(leftOut > 0 ? [`${leftOut} left out`] : [])];
  return [`${created} new`, `${known} known`, ...rest].join(', ');
}

/** Account and state as the ledger has them: what is known may have been enqueued for another account. */
async function membersOf({ desk }: Session, items: readonly PromptItem[]): Promise<Member[]> {
  const members: Member[] = [];
  for (let at = 0; at < items.length; at += PAGE) {
    const page = items.slice(at, at + PAGE);
    const found = await readGenerations(desk.store, page.map((item) => item.generation.id));
    page.forEach(({ line }, index) => {
      const generation: Generation | null | undefined = found[index];
      if (generation) members.push({ id: generation.id, provider: generation.provider, account: generation.account, state: generation.state, line });
    });
  }
  return members;
}

function reportDropped({ terminal }: Context, dropped: readonly Dropped[], { leftOut, prune }: EnlistOptions, suffix: string): void {
  const held = dropped.filter((one) => one.outcome === 'held');
  const canceled = dropped.length - held.length;
  if (canceled > 0) terminal.say(`Canceled ${canceled} queued ${canceled === 1 ? 'generation' : 'generations'} that this file no longer has (--prune).`);
  if (held.length === 0) return;
  const why = leftOut > 0 ? 'not among the good lines of this file' : 'no longer in this file';
  terminal.say(`${held.length} queued before, and ${why}: held, not submitted.`);
  for (const { id, title } of held.slice(0, MOST_LISTED)) terminal.say(`  ${id}  ${printable(title, 80)}`);
  if (held.length > MOST_LISTED) terminal.say(`  … and ${held.length - MOST_LISTED} more`);
  const cancelOne = `\`dailies cancel ID${suffix}\` cancels one.`;
  if (leftOut === 0) return terminal.say(`The same command with --prune cancels them; ${cancelOne}`);
  const since = prune ? '--prune canceled none, since ' : '';
  const lines = leftOut === 1 ? 'the line that was left out' : 'lines that were left out';
  terminal.say(`${since}${lines} may be theirs: they go on with a file that has them. ${cancelOne}`);
}

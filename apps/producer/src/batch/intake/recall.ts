/**
 * Reads from a folder's manifest the generations that the ledger does not know (it was lost, or is another machine's). They are created again in their
 * old state, with their files and tasks, and never submitted. So the same prompt file never pays twice.
 *
 * It reads only. Rows without a line in the file stay in the manifest (the worker's manifest-rows.ts), for a later file that has such lines. A row whose
 * request differs from that of the line with the same id is a conflict, as it would be in the ledger.
 */
import { type NewGeneration, quoted, takenIds, unknownIds } from '@dailies/queue';
import { StoreError, fileIn, isBucketPlace } from '@dailies/results';
import { Complaint } from '../../complaint.ts';
import { readRows } from '../../compose.ts';
import type { PromptItem } from '../../input/index.ts';
import { printable } from '../../printable.ts';
import type { Session } from '../../session.ts';
import { refuseForeign } from '../files/refuse-foreign.ts';
import { type EarlierRow, earlierOf, readEarlierRow, recordedRequest } from './earlier-row.ts';

export interface Recalled {
  items: PromptItem[];
  /** Ids of lines whose rows stand for other requests. */
  conflicts: string[];
  /** What was left out of the manifest's rows, for people. */
  leftOut?: string | undefined;
}

export async function recall({ desk, results }: Session, folder: string, items: readonly PromptItem[]): Promise<Recalled> {
  const unchanged = { items: [...items], conflicts: [] };
  const unknown = new Set(await unknownIds(desk.store, items.map(({ generation }) => generation.id)));
  await refuseAnothers({ desk, results }, folder, items.filter(({ generation }) => !unknown.has(generation.id)));
  if (unknown.size === 0) return unchanged;
  const rows = new Map<string, EarlierRow>();
  let leftOut: string | undefined;
  const unread: string[] = [];
  const warn: Parameters<typeof readRows>[2] = (text, lines) => {
    leftOut = text;
    for (const { id } of lines) if (id !== undefined && unknown.has(id)) unread.push(id);
  };
  for (const line of await rowsOf(results, folder, warn)) {
    const row = readEarlierRow(line);
    if (row !== null) rows.set(row.id, row);
    else if (line.state !== 'queued' && unknown.has(line.id)) throw new Complaint(`${strangeText(folder, line)}. ${unreadText(line.id)}`);
  }
  if (unread[0] !== undefined) throw new Complaint(`${leftOut}. ${unreadText(unread[0])}`);
  // The pages of a local folder were checked before it was claimed.
  if (isBucketPlace(folder)) await refuseForeign(results, folder);
  if (rows.size === 0) return { ...unchanged, leftOut };

  const conflicts: string[] = [];
  const owned = tasksOf(rows.values());
  const recalled = items.map((item): PromptItem => {
    const row = unknown.has(item.generation.id) ? rows.get(item.generation.id) : undefined;
    if (row === undefined) return item;
    if (!sameRequest(row, item.generation)) conflicts.push(row.id);
    const generation = { ...item.generation, request: recordedRequest(row, item.generation) };
    return { ...item, generation: { ...generation, earlier: earlierOf(withoutOthers(row, owned), generation, folder) } };
  });
  return { items: recalled, conflicts, leftOut };
}

/**
 * What the ledger knows is brought to the folder, which may be another ledger's, and have one of the ids for another prompt: that prompt's video would be
 * replaced. A bucket is not asked: it may be away, and nothing here is paid for.
 */
async function refuseAnothers({ desk, results }: Pick<Session, 'desk' | 'results'>, folder: string, known: readonly PromptItem[]): Promise<void> {
  if (known.length === 0 || isBucketPlace(folder)) return;
  const rows = await readRows(results, folder).catch(() => []);
  const prints = new Map(rows.map(({ id, fingerprint }) => [id, fingerprint]));
  const others = known.map(({ generation }) => generation).filter(({ id, fingerprint }) => (prints.get(id) ?? fingerprint) !== fingerprint);
  if (others.length === 0) return;
  // A line that was changed differs from the ledger, too, which says so itself.
  const changed = new Set(await takenIds(desk.store, others));
  const other = others.find(({ id }) => !changed.has(id));
  if (other === undefined) return;
  const what = `${fileIn(folder, 'manifest.jsonl')} has another prompt under the id ${other.id}, whose video would get another name`;
  throw new Complaint(`${what}. Name another folder with --out. Nothing was enqueued.`);
}

/** Each task with the id of its generation. */
function tasksOf(rows: Iterable<EarlierRow>): ReadonlyMap<string, string> {
  const owned = new Map<string, string>();
  for (const { id, provider, task } of rows) if (task !== undefined) owned.set(`${provider} ${task.id}`, id);
  return owned;
}

/**
 * What a look-up found for it and another one has is that one's video. Read back as a stray it would be its own, where its row comes first: a person
 * could give it to the wrong prompt, and not to the right one.
 */
function withoutOthers(row: EarlierRow, owned: ReadonlyMap<string, string>): EarlierRow {
  return { ...row, strays: row.strays.filter(({ task }) => (owned.get(`${row.provider} ${task.id}`) ?? row.id) === row.id) };
}

/** Throws when the rows cannot be read. Nothing may be taken in then: what they know of would be paid again. */
async function rowsOf(...place: Parameters<typeof readRows>): ReturnType<typeof readRows> {
  try {
    return await readRows(...place);
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    throw new Complaint(`${error.message}\nNothing was enqueued: without the manifest there it is not known what is paid already.`);
  }
}

function strangeText(folder: string, { id, provider }: { id: string; provider: string }): string {
  const what = `${fileIn(folder, 'manifest.jsonl')} has ${id} under a provider that is none, ${quoted(printable(provider))}`;
  return `${what}. If somebody edited it, put that right there`;
}

/** Its state or provider may be one that only a newer version knows. */
function unreadText(id: string): string {
  return `So it is not known whether ${id} is paid already. If nothing was paid for it, take its line out. Nothing was enqueued.`;
}

/** The earliest manifests have no fingerprints. Ids that no person chose identify the request just as well. */
function sameRequest(row: EarlierRow, generation: NewGeneration): boolean {
  if (row.fingerprint !== undefined) return row.fingerprint === generation.fingerprint;
  return row.provider === generation.provider && (row.prompt ?? undefined) === generation.ask.prompt;
}

/**
 * What a folder's manifest still knows of generations that the ledger does not (it was lost, or is another machine's): they are created
 * again in their old state, with their files and tasks, and never submitted. So the same prompt file never pays twice.
 *
 * It reads only. A row that stands for another request than the line of the same id is a conflict, as it would be in the ledger.
 */
import { type NewGeneration, unknownIds } from '@dailies/queue';
import { composeReadManifest } from '../compose.ts';
import type { Session } from '../session.ts';
import { type EarlierRow, earlierOf, readEarlierRow, recordedRequest, strangerOf } from './earlier-row.ts';
import type { PromptItem } from './take-in.ts';

export interface Recalled {
  items: PromptItem[];
  /** Of the same batch, and in no line of this file: kept, so that another file that has them pays nothing for them. */
  others: NewGeneration[];
  /** Ids of lines whose rows stand for something else. */
  conflicts: string[];
}

export async function recall({ desk, config }: Session, folder: string, { batch, items }: { batch: string; items: readonly PromptItem[] }): Promise<Recalled> {
  const unchanged = { items: [...items], others: [], conflicts: [] };
  const unknown = new Set(await unknownIds(desk.store, items.map(({ generation }) => generation.id)));
  if (unknown.size === 0) return unchanged;
  const rows = new Map<string, EarlierRow>();
  const readManifest = await composeReadManifest();
  for (const line of await readManifest(folder)) {
    const row = readEarlierRow(line);
    if (row !== null) rows.set(row.id, row);
  }
  if (rows.size === 0) return unchanged;

  const conflicts: string[] = [];
  const recalled = items.map((item): PromptItem => {
    const row = unknown.has(item.generation.id) ? rows.get(item.generation.id) : undefined;
    if (row === undefined) return item;
    if (!sameRequest(row, item.generation)) conflicts.push(row.id);
    const generation = { ...item.generation, request: recordedRequest(row, item.generation) };
    return { ...item, generation: { ...generation, earlier: earlierOf(row, generation, folder) } };
  });
  const own = new Set(items.map(({ generation }) => generation.id));
  const strangers = [...rows.values()].filter((row) => row.batch === batch && !own.has(row.id));
  const unknownStrangers = new Set(await unknownIds(desk.store, strangers.map(({ id }) => id)));
  const others = strangers.flatMap((row) => (unknownStrangers.has(row.id) ? (strangerOf(row, config.providers[row.provider].account?.id, folder) ?? []) : []));
  return { items: recalled, others, conflicts };
}

/** A manifest of the first days has no fingerprints; ids that are not a person's own say the same. */
function sameRequest(row: EarlierRow, generation: NewGeneration): boolean {
  if (row.fingerprint !== undefined) return row.fingerprint === generation.fingerprint;
  return row.provider === generation.provider && (row.prompt ?? undefined) === generation.ask.prompt;
}

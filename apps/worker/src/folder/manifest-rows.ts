/**
 * The rows of a folder's manifest, from the ledger and from what is on disk. A row that is forgotten may be paid for again, so one that is on disk is
 * only ever replaced by a newer one:
 * - A generation that has ended, or needs a person, has a row. So has one that has a task: it is paid for, should the ledger be lost.
 * - One that is on its way again (a retry) keeps its old row until its new round has a task. From then on the old row would lead to a third paid round.
 * - A row of a generation that the ledger does not know stays: the ledger was lost, or another batch uses the same folder.
 */
import { chunked, type Generation, MOVING, publicGeneration, readGenerations } from '@dailies/queue';
import type { WorkerContext } from '../context.ts';
import { type ManifestRow, withThePast } from './manifest-row.ts';
import { readManifest } from './manifest.ts';

/** No more than some ten milliseconds of the event loop at a time: polls and submits go on beside it. */
const PAGE = 100;

export async function rowsOf({ results, store }: WorkerContext, folder: string, ids: readonly string[]): Promise<ManifestRow[]> {
  const onDisk = new Map((await readManifest(results, folder)).map((row) => [row.id, row]));
  const rows: ManifestRow[] = [];
  for (const page of chunked(ids, PAGE)) {
    const found = await readGenerations(store, page);
    for (const [index, id] of page.entries()) {
      const generation = found[index] ?? null;
      const old = onDisk.get(id);
      const row = generation !== null && (!MOVING.includes(generation.state) || isPaidSince(generation, old)) ? rowOf(generation, old) : old;
      if (row !== undefined) rows.push(row);
      onDisk.delete(id);
    }
  }
  return [...rows, ...onDisk.values()];
}

function rowOf(generation: Generation, old: ManifestRow | undefined): ManifestRow {
  const row = publicGeneration(generation);
  return generation.stub === true && old !== undefined ? withThePast(row, old) : row;
}

/** Whether it has a task of which the row on disk does not tell. What is only fetched again keeps its row. */
function isPaidSince({ round, task }: Generation, old: ManifestRow | undefined): boolean {
  if (task === undefined || old === undefined) return task !== undefined;
  const oldRound = old.round ?? 1;
  // The row of a later round is no older one: an older copy of the ledger was restored, or another ledger goes on with the folder.
  return oldRound < round || (oldRound === round && (old.task === undefined || MOVING.includes(old.state)));
}

/**
 * The rows of a folder's manifest, from the ledger and from what is on disk. A row that is forgotten may be paid for again, so one that is on disk is
 * only ever replaced by a newer one:
 * - A generation that has ended, or needs a person, has a row. So has one that has a task (it is paid for) or is in doubt (it may be).
 * - One that is on its way again (a retry) keeps its old row until its new round may be paid for. From then on the old row would lead to a third paid round.
 * - The row of a doubt in the first round goes when the generation is queued again in that round, since it was never accepted.
 * - One that a restored older copy of the ledger waits for, or has in question, keeps its row, which knows more; also where a person gives it up.
 * - A row of a generation that the ledger does not know stays: the ledger was lost, or another batch uses the same folder.
 */
import { chunked, MOVING, publicGeneration, readGenerations } from '@dailies/queue';
import type { WorkerContext } from '../context.ts';
import { type ManifestRow, withThePast } from './manifest-row.ts';
import type { WrittenRows } from './written-rows.ts';

/** No more than some ten milliseconds of the event loop at a time: polls and submits go on beside it. */
const PAGE = 100;

export async function* rowsOf({ store }: WorkerContext, written: WrittenRows, ids: readonly string[]): AsyncGenerator<ManifestRow> {
  for (const page of chunked(ids, PAGE)) {
    const found = await readGenerations(store, page);
    for (const [index, id] of page.entries()) {
      const generation = found[index] ?? null;
      const old = written.take(id);
      const row = generation === null ? old : rowOf(publicGeneration(generation), old, generation.stub === true);
      if (row !== undefined) yield row;
    }
  }
  yield* written.rest();
}

/** The row that a generation has from now on, if any. `isStub`: the ledger has forgotten most of it. */
export function rowOf(now: ManifestRow, old: ManifestRow | undefined, isStub: boolean): ManifestRow | undefined {
  if (old !== undefined && isOfLostTime(now, old)) return old;
  if (!MOVING.includes(now.state)) return isStub && old !== undefined ? withThePast(now, old) : now;
  if (mayBePaidSince(now, old)) return now;
  return old !== undefined && isDoubtOver(now, old) ? undefined : old;
}

/**
 * Whether the row tells of a task or a video that the ledger, a restored older copy, does not know of: it still waits for that, or asks a person whether it
 * was ever submitted, or a person has given it up since, or it has seen only an earlier round of it fail. By the row it is found again (remembered-row.ts, or
 * a person), and known not to be paid for once more.
 */
function isOfLostTime({ state, round = 1, createdAt, failure, task }: ManifestRow, old: ManifestRow): boolean {
  const oldRound = old.round ?? 1;
  if (old.createdAt !== createdAt || oldRound < round) return false;
  const isGivenUp = state === 'canceled' || failure?.kind === 'abandoned';
  if (!isGivenUp && state !== 'overdue' && state !== 'unresolved' && !(state === 'failed' && oldRound > round)) return false;
  // Only a restored copy takes a task off its round, or a round off its generation.
  return old.state === 'succeeded' || (old.task !== undefined && (oldRound > round || task === undefined));
}

/** Whether it has a task, or may have one, of which the row on disk does not tell. What is only fetched again keeps its row. */
function mayBePaidSince({ state, round = 1, task }: ManifestRow, old: ManifestRow | undefined): boolean {
  const isPaid = task !== undefined;
  if (!isPaid && state !== 'ambiguous') return false;
  if (old === undefined) return true;
  const oldRound = old.round ?? 1;
  // The row of a later round is no older one: an older copy of the ledger was restored, or another ledger goes on with the folder.
  return oldRound < round || (oldRound === round && (old.task === undefined || (isPaid && MOVING.includes(old.state))));
}

/**
 * Only a ledger whose history has this very doubt knows how it ended. In a later round nobody does: a person has had it submitted again, and its earlier
 * rounds may be paid for.
 */
function isDoubtOver({ state, round = 1, history }: ManifestRow, old: ManifestRow): boolean {
  if (state !== 'queued' || round > 1 || old.state !== 'ambiguous' || (old.round ?? 1) > 1) return false;
  const doubtAt = old.history.at(-1)?.at;
  return history.some((entry) => entry.state === 'ambiguous' && entry.at === doubtAt);
}

/**
 * Brings the files of a batch to a local folder, wherever they were made, and writes the folder's pages. It never pays and never asks an upstream:
 * files that are in no store are reported, not fetched again. Nor does it ever replace the videos of another ledger, of which the folder's manifest tells.
 */
import { MOVING, type PublicGeneration } from '@dailies/queue';
import { StoreError, openFolderStore, type Results } from '@dailies/results';
import { readRows, writeFolderPages } from '../compose.ts';
import { placeFile, type Placed } from './place-file.ts';
import type { Source, SourceRow, WantedFile } from './source.ts';

export interface Collected {
  counts: Record<Placed, number>;
  /** The files that could not be brought, and why. */
  missing: { id: string; file: string; why: string }[];
  /** Succeeded, and still on their way or ended otherwise. */
  rows: number;
  moving: number;
}

export interface CollectOptions {
  /** Absolute; it exists. */
  folder: string;
  results: Results;
  simulated: boolean;
  signal: AbortSignal;
  warn?: (text: string) => void;
}

const AT_ONCE = 4;

export async function collect(source: Source, { folder, results, simulated, signal, warn }: CollectOptions): Promise<Collected> {
  const store = openFolderStore(folder);
  const collected: Collected = { counts: { whole: 0, fetched: 0, absent: 0, damaged: 0 }, missing: [], rows: 0, moving: 0 };
  const shown: PublicGeneration[] = [];
  const before = new Map((await readRows(results, folder, warn)).map(({ id, fingerprint }) => [id, fingerprint]));

  async function bring(row: SourceRow): Promise<void> {
    for (const wanted of row.files) {
      if (signal.aborted) return;
      const why = await whyNotPlaced(row, wanted);
      if (why !== null && !signal.aborted) collected.missing.push({ id: row.shown.id, file: wanted.file, why });
    }
  }

  /** Null: the file is here. Otherwise the reason why it is not. */
  async function whyNotPlaced(row: SourceRow, wanted: WantedFile): Promise<string | null> {
    try {
      const outcome = await placeFile(source, { row, wanted, folder, store, signal });
      collected.counts[outcome] += 1;
      return outcome === 'whole' || outcome === 'fetched' ? null : WHY[outcome];
    } catch (error) {
      if (error instanceof StoreError && error.cause === 'unavailable') return `${error.message} The same command fetches it when the bucket is back.`;
      return error instanceof Error ? error.message : String(error);
    }
  }

  const underWay = new Set<Promise<void>>();
  for await (const row of rowsUntil(source, signal)) {
    if (signal.aborted) break;
    collected.rows += 1;
    if (MOVING.includes(row.shown.state)) collected.moving += 1;
    if (isAnothers(row.shown, before.get(row.shown.id))) {
      // Neither its files nor its row replace what is here.
      for (const { file } of row.files) collected.missing.push({ id: row.shown.id, file, why: WHY.another });
      continue;
    }
    shown.push(row.shown);
    const work = bring(row).finally(() => underWay.delete(work));
    underWay.add(work);
    if (underWay.size >= AT_ONCE) await Promise.race(underWay);
  }
  await Promise.all(underWay);
  await writeFolderPages(results, folder, { title: source.title, rows: shown, simulated });
  return collected;
}

/** What was brought before a stop is written into the pages: it cuts short a source that does not answer, and that is no error then. */
async function* rowsUntil(source: Source, signal: AbortSignal): AsyncIterable<SourceRow> {
  try {
    yield* source.rows();
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

/** Whether the id, which people chose, stands for another request in the manifest of the folder. The earliest manifests have no fingerprints. */
function isAnothers({ fingerprint }: PublicGeneration, before: string | undefined): boolean {
  return fingerprint !== undefined && before !== undefined && fingerprint !== before;
}

const WHY = {
  absent: 'it is not where it was stored: on another machine (--from its API), or gone (`dailies retry` fetches it again)',
  damaged: 'what arrived is not what was stored',
  another: 'by its manifest, this folder has the results of another prompt of that id, which stay: name another folder after --download',
} as const;

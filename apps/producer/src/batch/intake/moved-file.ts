/**
 * A prompt file that was moved or renamed makes a batch of another name (a batch is named after the path of its file), and would be paid for anew. Where an
 * earlier batch of the ledger, or of a folder, has most of its prompts, a person at a terminal is asked first. Without a terminal a warning is all: another
 * file may be other work.
 */
import { batchNames, canonicalAsk, countRepetitions, generationId, readBatch, STATES, type Store, unknownIds } from '@dailies/queue';
import { StoreError, type Results } from '@dailies/results';
import { z } from 'zod';
import { Complaint } from '../../complaint.ts';
import { readRows } from '../../compose.ts';
import type { Context } from '../../context.ts';
import { defaultBatchName, type PromptItem } from '../../input/index.ts';
import type { Session } from '../../session.ts';
import { foldersElsewhere } from './folders-elsewhere.ts';

export interface NewWork {
  file: string;
  batch: string;
  items: readonly PromptItem[];
  /** Whose manifest may tell of batches that the ledger has lost. */
  folder: string;
  /** Only warns: nothing is to be enqueued. */
  dry?: boolean;
}

/** Throws a Complaint when the person does not want to pay anew. */
export async function confirmMovedFile({ terminal, interrupts }: Context, { desk, results, setting }: Session, work: NewWork): Promise<void> {
  const { file, batch, items, folder, dry = false } = work;
  const isNamed = file === '-' || batch !== defaultBatchName(file);
  // What is simulated costs nothing.
  if (isNamed || setting.simulator !== null || (await readBatch(desk.store, batch)) !== null) return;
  const earlier = await earlierBatch(desk.store, results, { items, folder, batch });
  if (earlier === null) return;
  const all = earlier.known === items.length;
  const what = all ? 'All prompts' : `${earlier.known} of the ${items.length} prompts`;
  const found = `${what} of this file are in the batch ${earlier.name}. Was the file moved or renamed? Its batch is now called ${batch}, and is paid for anew`;
  const remedy = `to go on with the earlier one: --batch ${earlier.name}`;
  if (dry || !terminal.canAsk) return terminal.say(`Warning: ${found}; ${remedy}`);
  terminal.say(`${found}.`);
  if (await terminal.ask('Pay for them anew?')) return;
  if (interrupts.stopping.aborted) throw new Complaint('Interrupted. Nothing was enqueued.', 130);
  throw new Complaint(`Nothing was enqueued; ${remedy}`);
}

const NEWEST = 1_000;
const SAMPLE = 5;
/** Batches that are compared line by line: a file that is enqueued from a new place every night has hundreds that are much like it. */
const LIKELIEST = 5;

/** The batch that has most of these prompts; null where none has more than half of them, or, if only a manifest knows it, is more than half made of them. */
async function earlierBatch(
  store: Store, results: Results, { items, folder, batch }: Omit<NewWork, 'file'>,
): Promise<{ name: string; known: number } | null> {
  const here = await rowsOf(results, folder);
  // The ledger has lost this batch, and its folder tells of it: it goes on, and is not paid for anew.
  if ([...here.values()].includes(batch)) return null;
  const inLedger = await batchNames(store, 0, NEWEST - 1);
  const elsewhere = await Promise.all((await foldersElsewhere(results, batch, LIKELIEST)).map((one) => rowsOf(results, one)));
  const rows = new Map([here, ...elsewhere].flatMap((some) => [...some]));
  const names = new Set([...rows.values(), ...inLedger]);
  // Rows of it in the folder of another batch are not read back.
  names.delete(batch);
  const known = async (ids: readonly string[]): Promise<ReadonlySet<string>> => {
    const unknown = new Set(await unknownIds(store, ids));
    return new Set(ids.filter((id) => !unknown.has(id) || rows.has(id)));
  };
  // A manifest has no row of what still waited: a batch that was copied when little of it was done has few of these prompts.
  const written = (name: string): number => (inLedger.includes(name) ? Infinity : [...rows.values()].filter((one) => one === name).length);
  // A sample first: most batches have none of it, and a file may have ten thousand lines.
  const step = Math.max(1, Math.floor(items.length / SAMPLE));
  const sample = items.filter((_item, at) => at % step === 0);
  const sampled = await known([...names].flatMap((name) => idsIn(name, sample)));
  const hits = (name: string): number => idsIn(name, sample).filter((id) => sampled.has(id)).length;
  const likely = [...names].map((name) => ({ name, hits: hits(name) })).filter((one) => one.hits > 0).toSorted((a, b) => b.hits - a.hits);
  let most: { name: string; known: number } | null = null;
  for (const { name } of likely.slice(0, LIKELIEST)) {
    const { size } = await known(idsIn(name, items));
    // No other has more.
    if (size === items.length) return { name, known: size };
    if (size * 2 > Math.min(items.length, written(name)) && size > (most?.known ?? 0)) most = { name, known: size };
  }
  return most;
}

/** The ids that these prompts have, or would have, in a batch of this name. */
function idsIn(batch: string, items: readonly PromptItem[]): string[] {
  const repetition = countRepetitions();
  return items.map(({ generation: { provider, ask } }) => {
    const canonical = canonicalAsk(provider, ask);
    return generationId(batch, canonical, repetition(canonical));
  });
}

/** No more of a row than is asked about: five folders may have ten thousand rows each. */
const told = z.object({ id: z.string(), batch: z.string(), state: z.enum(STATES).exclude(['queued']) });

/** By id the batch of each row of the folder's manifest. One that cannot be read is complained about where its rows are taken in. */
async function rowsOf(results: Results, folder: string): Promise<ReadonlyMap<string, string>> {
  const rows = await readRows(results, folder).catch((error: unknown) => {
    if (error instanceof StoreError) return [];
    throw error;
  });
  return new Map(rows.map((row) => told.safeParse(row).data).flatMap((row) => (row === undefined ? [] : [[row.id, row.batch] as const])));
}

/** Where the files of a batch are: an absolute folder of this machine, or `s3://…`. */
import path from 'node:path';
import type { Config } from '@dailies/queue';
import { openResults } from '@dailies/results';
import type { Context } from '../../context.ts';
import { findBatch } from '../../lookup.ts';
import type { Session } from '../../session.ts';
import type { Setting } from '../../setting.ts';

/** Where `run` and `enqueue` put a batch: the folder that a person named (`out`), else `OUT_DIR/<batch>`, or `<batch>` in the bucket. */
export function folderOfRun({ places }: Context, { config, outFolder, simulator }: Setting, batch: string, out: string | undefined): string {
  if (out !== undefined) return path.resolve(places.cwd, out);
  return simulator === null ? defaultFolder(config, batch) : path.join(outFolder, batch);
}

/** Where services put a batch that names no folder. */
export function defaultFolder(config: Config, batch: string): string {
  return openResults(config).place(batch);
}

/** The folder that the ledger remembers. */
export async function folderOfBatch({ desk, config }: Session, batch: string): Promise<string> {
  const { folder } = await findBatch(desk.store, batch);
  return folder ?? defaultFolder(config, batch);
}

/**
 * Puts one file into a local folder: streams it to a part, verifies length and SHA-256, then gives it its name. A standing file that verifies stays;
 * any other one is kept under another name: nobody can tell a damaged one from a person's own. Only whole files ever have a final name.
 */
import { randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { contentTypeOf, type ResultStore } from '@dailies/results';
import type { Source, SourceRow, WantedFile } from './source.ts';

export type Placed = 'whole' | 'fetched' | 'absent' | 'damaged';

export interface PlaceOptions {
  row: SourceRow;
  wanted: WantedFile;
  /** Where to, and what opens it. */
  folder: string;
  store: ResultStore;
  signal: AbortSignal;
}

export async function placeFile(source: Source, { row, wanted, folder, store, signal }: PlaceOptions): Promise<Placed> {
  if ((await store.verify(folder, wanted.file, wanted)) === 'ok') return 'whole';
  const body = await source.open(row, wanted, signal);
  if (body === null) return 'absent';
  const name = `${wanted.file}.${randomUUID()}.part`;
  const part = path.join(folder, name);
  try {
    await pipeline(body, createWriteStream(part, { flags: 'wx', flush: true }), { signal });
    if ((await store.verify(folder, name, wanted)) !== 'ok') return 'damaged';
    const { file, sha256, bytes } = wanted;
    await store.put(folder, file, { path: part, sha256, bytes, contentType: contentTypeOf(file) }, { unwanted: () => 'keep' });
    return 'fetched';
  } finally {
    await rm(part, { force: true });
  }
}

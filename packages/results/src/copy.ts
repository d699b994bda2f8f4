/** Copies a stored file from one place to another, also between stores. The copy is verified before it gets its final name. */
import { randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import path from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { verifyFile } from './folder/verify-file.ts';
import { contentTypeOf, tagsOf, type MediaSize } from './media-tags.ts';
import type { Results } from './results.ts';
import { diskFault, StoreError } from './store-error.ts';

export interface StoredOne extends MediaSize {
  file: string;
  sha256: string;
  bytes: number;
}

/** Answers false when the file is missing, or when the copy differs from what was recorded. Throws a `StoreError` when a store cannot do it now. */
export async function copyResult(results: Results, stored: StoredOne, { from, to }: { from: string; to: string }, signal?: AbortSignal): Promise<boolean> {
  const target = results.at(to);
  await target.prepare(to);
  const reading = await results.at(from).read(from, stored.file);
  if (reading === null) return false;
  const part = path.join(target.staging(to), `${stored.file}.${randomUUID()}.part`);
  try {
    await received(reading.body, part, signal);
    if ((await verifyFile(part, stored)) !== 'ok') return false;
    const { file, sha256, bytes } = stored;
    const copy = { path: part, sha256, bytes, contentType: contentTypeOf(file), tags: tagsOf(stored) };
    const stood = await target.put(to, file, copy, { unwanted: () => (target.kind === 'folder' ? 'keep' : 'leave') });
    if (stood.isAnothers === true) {
      throw new StoreError('refused', `${to}/${file} is in the way: it is not this result, which stays in ${from}. Move it away, or name a folder with --out.`);
    }
    return true;
  } finally {
    // If the part stays, it is removed later with those of killed deliveries.
    await rm(part, { force: true }).catch(() => undefined);
  }
}

async function received(body: Readable, part: string, signal: AbortSignal | undefined): Promise<void> {
  try {
    await pipeline(body, createWriteStream(part, { flags: 'wx', flush: true }), ...(signal === undefined ? [] : [{ signal }]));
  } catch (error) {
    if (signal?.aborted === true) throw new StoreError('aborted', 'The copy was stopped.');
    throw diskFault(error, part);
  }
}

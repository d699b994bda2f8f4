/**
 * The stored files of a generation, in a folder of this machine or in the bucket. Only files that the ledger names for this generation are served,
 * with the content type of their ending, and never one that a browser would run.
 */
import { stat } from 'node:fs/promises';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { Generation } from '@dailies/queue';
import { isBucketPlace, type Results } from '@dailies/results';
import type { Request, Response } from 'express';

const TYPES: Record<string, string> = {
  '.mp4': 'video/mp4',
  '.webm': 'video/webm',
  '.mov': 'video/quicktime',
  '.jpg': 'image/jpeg',
  '.jpeg': 'image/jpeg',
  '.png': 'image/png',
  '.webp': 'image/webp',
  '.gif': 'image/gif',
};

export interface ReachableFile {
  name: string;
  type: string;
  /** A folder, or `s3://…`. */
  place: string;
  bytes: number;
}

/** Null: the generation has no such file, or this machine cannot reach it, or it has another length than what was stored: it is damaged, or another's. */
export async function reachableFile(results: Results, { folder, files }: Generation, name: string): Promise<ReachableFile | null> {
  const stored = files?.find(({ file }) => file === name);
  const type = TYPES[path.extname(name).toLowerCase()];
  if (stored === undefined || type === undefined || folder === undefined || path.basename(name) !== name) return null;
  const bytes = await lengthOf(results, folder, name);
  return bytes === stored.bytes ? { name, type, place: folder, bytes } : null;
}

/** Serves the file, with HTTP ranges, which video players need. */
export async function sendStored(results: Results, request: Request, response: Response, { name, type, place, bytes }: ReachableFile): Promise<void> {
  response.type(type).set('Cache-Control', 'private, max-age=3600');
  if (!isBucketPlace(place)) {
    return new Promise((resolve, reject) => {
      response.sendFile(path.join(place, name), { acceptRanges: true, cacheControl: false, dotfiles: 'allow' }, (error) => {
        // A player that seeks breaks off the answer before it is complete.
        if (error === undefined || response.headersSent) resolve();
        else reject(error);
      });
    });
  }
  const ranges = request.range(bytes);
  if (ranges === -1) return void response.status(416).set('Content-Range', `bytes */${bytes}`).end();
  const range = Array.isArray(ranges) && ranges.type === 'bytes' && ranges.length === 1 ? ranges[0] : undefined;
  const reading = await results.at(place).read(place, name, range);
  if (reading === null) return void response.status(404).end();
  response.set({ 'Accept-Ranges': 'bytes', 'Content-Length': String(range === undefined ? bytes : range.end - range.start + 1) });
  if (range !== undefined) response.status(206).set('Content-Range', `bytes ${range.start}-${range.end}/${bytes}`);
  await pipeline(reading.body, response).catch(() => undefined);
}

async function lengthOf(results: Results, folder: string, name: string): Promise<number | null> {
  try {
    if (isBucketPlace(folder)) return (await results.at(folder).stat(folder, name))?.bytes ?? null;
    const found = await stat(path.join(folder, name));
    return found.isFile() ? found.size : null;
  } catch {
    return null;
  }
}

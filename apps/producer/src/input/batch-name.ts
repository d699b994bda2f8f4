/**
 * The name a batch of a file gets when nobody names it. The same file has the same name from every folder.
 */
import { base32Hash } from '@dailies/queue';
import path from 'node:path';

/** The file's name without extension, made legal, and 6 characters of the hash of its absolute path. */
export function defaultBatchName(file: string): string {
  return `${legalStem(file) || 'batch'}-${base32Hash(path.resolve(file), HASH)}`;
}

/** Whether `name` may be the default name of a file that is called like the one of `batch`, a default name itself. */
export function isOfSameFileName(name: string, batch: string): boolean {
  return name.slice(0, -HASH) === batch.slice(0, -HASH) && /^[a-z2-7]+$/.test(name.slice(-HASH));
}

/** What the names of all batches of files with this name begin with, before the hash of their folder; may be empty. */
export function legalStem(file: string): string {
  return path
    .parse(file)
    .name.normalize('NFKD')
    .replaceAll(/\p{M}/gu, '')
    .toLowerCase()
    .replaceAll(/[^a-z0-9._-]+/g, '-')
    .replace(/^[^a-z0-9]+/, '')
    .slice(0, LONGEST - HASH - 1)
    .replace(/[^a-z0-9]+$/, '');
}

/** Of a batch's name (`BATCH_NAME`). */
const LONGEST = 64;
const HASH = 6;

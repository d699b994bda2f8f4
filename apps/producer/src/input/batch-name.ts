/**
 * Names of batches: what is legal, and the name a file gets when nobody names it. The same file has the same name from every folder.
 */
import path from 'node:path';
import { base32Hash } from './generation-id.ts';

/** The file's name without extension, made legal, and 6 characters of the hash of its absolute path. */
export function defaultBatchName(file: string): string {
  const plain = path
    .parse(file)
    .name.normalize('NFKD')
    .replaceAll(/\p{M}/gu, '')
    .toLowerCase()
    .replaceAll(/[^a-z0-9._-]+/g, '-')
    .replace(/^[^a-z0-9]+/, '')
    .slice(0, LONGEST - HASH - 1)
    .replace(/[^a-z0-9]+$/, '');
  return `${plain || 'batch'}-${base32Hash(path.resolve(file), HASH)}`;
}

/** Null when the name is legal, otherwise what is wrong with it. */
export function checkBatchName(name: string): string | null {
  if (/^[a-z0-9][a-z0-9._-]{0,63}$/.test(name)) return null;
  const shown = JSON.stringify(name.slice(0, 80));
  return `the batch name ${shown} is not legal: use 1 to ${LONGEST} of a-z, 0-9, ".", "_" and "-", beginning with a letter or a digit`;
}

const LONGEST = 64;
const HASH = 6;

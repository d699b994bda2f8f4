// Finds programs: first where PATH says, then where package managers put them although PATH often does not say so.
// Only looks; never runs what it finds.

import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';

const usualPlaces = [
  '/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin',
  '/opt/homebrew/bin', '/opt/local/bin', '/home/linuxbrew/.linuxbrew/bin',
];

export function findPrograms(names) {
  const folders = [...(process.env.PATH ?? '').split(delimiter).filter(Boolean), ...usualPlaces];
  const paths = folders.flatMap((folder) => names.map((name) => join(folder, name)));
  return [...new Set(paths)].filter(isProgram);
}

export function isProgram(path) {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

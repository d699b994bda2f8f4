/** The clone that this file is part of, from source or built: the folder whose package.json is named `dailies`. */
import { readFileSync } from 'node:fs';
import path from 'node:path';

export interface Clone {
  root: string;
  version: string;
}

export function findClone(start: string): Clone {
  for (let folder = start; ; folder = path.dirname(folder)) {
    const found = readPackage(path.join(folder, 'package.json'));
    if (found?.name === 'dailies') return { root: folder, version: found.version ?? '0.0.0' };
    if (path.dirname(folder) === folder) throw new Error(`${start} is not part of a clone of Dailies: no package.json above it is named "dailies".`);
  }
}

function readPackage(file: string): { name?: string; version?: string } | null {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as { name?: string; version?: string };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

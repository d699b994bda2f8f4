/** What Node is told to start a program of ours: as it was bundled for the run (programs.ts), or from its source. `file`: relative to the clone. */
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { inject } from 'vitest';

export function nodeWords(file: string, before: readonly string[] = []): string[] {
  const bundled = inject('programs')[file];
  return bundled === undefined ? [...FROM_SOURCE, ...before, path.join(CLONE, file)] : [...before, bundled];
}

const CLONE = fileURLToPath(new URL('../../', import.meta.url));
const FROM_SOURCE = ['--conditions=dailies-source', '--import', pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href];

#!/usr/bin/env node
// The command `dailies`. In a clone it runs the TypeScript source, which is never stale; where there is only a build, the build.
// It stays one process either way: signals, the exit code and the memory are those of the program itself.

import { existsSync } from 'node:fs';
import * as nodeModule from 'node:module';

const source = new URL('../src/main.ts', import.meta.url);
const built = new URL('../dist/main.js', import.meta.url);
const tsx = existsSync(source) ? await import('tsx/esm/api').catch(() => null) : null;

if (tsx !== null) {
  useSourcesOfWorkspaces();
  tsx.register();
  await import(source.href);
} else if (existsSync(built)) {
  await import(built.href);
} else {
  process.stderr.write('dailies: neither a build nor what runs the source is here. In the clone, run `npm install`, or `npm run build`.\n');
  process.exitCode = 2;
}

// What `node --conditions=dailies-source` does, for a process that is already running: `@dailies/…` means the sources.
function useSourcesOfWorkspaces() {
  const resolve = (specifier, context, next) => next(specifier, { ...context, conditions: [...context.conditions, 'dailies-source'] });
  if (typeof nodeModule.registerHooks === 'function') nodeModule.registerHooks({ resolve });
  else nodeModule.register(`data:text/javascript,${encodeURIComponent(`export const resolve = ${resolve.toString()}`)}`);
}

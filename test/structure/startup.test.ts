/** What `dailies --help`, and the refusal of a mistyped option, must load. Everything else is loaded by the command that needs it. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const MAIN = fileURLToPath(new URL('../../apps/producer/src/main.ts', import.meta.url));

/** Packages that are loaded with a file. A type costs nothing, an `import()` nothing until it is reached. */
function packagesOf(file: string, seen = new Set<string>()): Set<string> {
  const packages = new Set<string>();
  if (seen.has(file)) return packages;
  seen.add(file);
  for (const [, from = ''] of readFileSync(file, 'utf8').matchAll(/^(?:import|export) (?!type )(?:[^;]*? from )?'([^']+)'/gm)) {
    if (from.startsWith('.')) for (const one of packagesOf(path.resolve(path.dirname(file), from), seen)) packages.add(one);
    else if (!from.startsWith('node:')) packages.add(from);
  }
  return packages;
}

test('the command line loads nothing but its parser before it knows which command it runs', () => {
  expect([...packagesOf(MAIN)]).toEqual(['commander']);
});

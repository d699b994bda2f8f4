/** How the code is laid out, held by a test: small rooms, named ones, and no secret or machine in what is committed. */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { PROVIDER_NAMES } from '@dailies/providers';
import { VARIABLES } from '@dailies/queue';

const root = fileURLToPath(new URL('../../', import.meta.url));
const files = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], { cwd: root, encoding: 'utf8' })
  .trim()
  .split('\n')
  .filter((file) => existsSync(path.join(root, file)));
const sources = files.filter((file) => /\.(ts|mjs|js)$/.test(file));
const read = (file: string): string => readFileSync(path.join(root, file), 'utf8');

test('no file of code is longer than 300 lines, and the median is at most 100', () => {
  const lengths = sources.filter((file) => !file.includes('.test.')).map((file) => ({ file, lines: read(file).split('\n').length }));
  expect(lengths.filter(({ lines }) => lines > 301)).toEqual([]);
  const sorted = lengths.map(({ lines }) => lines).toSorted((a, b) => a - b);
  expect(sorted[Math.floor(sorted.length / 2)]).toBeLessThanOrEqual(100);
});

test('no file or folder is a bucket', () => {
  expect(sources.filter((file) => /(^|\/)(utils?|helpers?|commons?|types|interfaces|misc|shared)(\.|\/)/.test(file))).toEqual([]);
});

test('the environment is read in one place of each program only', () => {
  const readers = sources.filter((file) => /^(packages|apps)\//.test(file) && !file.includes('.test.') && /process\.env\b/.test(read(file)));
  expect(readers.filter((file) => !file.endsWith('/main.ts'))).toEqual([]);
});

test('nothing committed names a place of one machine, a package host or a key', () => {
  const pattern = /\/(?:work|root|farm)\/[a-z.]|registry\.npmjs|AKIA[0-9A-Z]{16}|sk-[A-Za-z0-9]{20}/;
  const texts = files.filter((file) => /\.(ts|mjs|js|json|md|ya?ml|html|txt|jsonl|csv)$|^\.[a-z]/.test(file));
  expect(texts.filter((file) => pattern.test(read(file)) && !file.startsWith('test/structure/'))).toEqual([]);
});

test('a provider is in exactly four places: its folder, the registry, the configuration and the simulator', () => {
  const registry = read('packages/providers/src/registry.ts');
  const simulator = sources.filter((file) => file.startsWith('apps/simulator/src/')).map(read).join('\n');
  for (const name of PROVIDER_NAMES) {
    expect(files.some((file) => file.startsWith(`packages/providers/src/${name}/`)), `folder of ${name}`).toBe(true);
    expect(registry, `registry of ${name}`).toContain(name);
    expect(Object.keys(VARIABLES), `configuration of ${name}`).toContain(`${name.toUpperCase()}_API_KEY`);
    expect(simulator, `simulator of ${name}`).toContain(`'${name}'`);
  }
  expect(read('apps/producer/src/program.ts'), 'the help of --provider').toContain(`: ${PROVIDER_NAMES.join(', ')}'`);
  const naming = sources.filter(
    (file) =>
      /^apps\/(worker|dashboard)\/src\//.test(file) && !/\.test\.|\/testing\//.test(file) && new RegExp(`'(${PROVIDER_NAMES.join('|')})'`).test(read(file)),
  );
  expect(naming, 'apps that name a provider').toEqual([]);
});

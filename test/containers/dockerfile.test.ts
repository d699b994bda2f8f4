/** The Dockerfile by its structure. `npm run image:rehearse` does its steps, which takes minutes. */
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
// @ts-expect-error: a script of the clone, plain JavaScript.
import { readDockerfile as read } from '../../scripts/image/dockerfile.mjs';

interface Stage {
  name: string;
  from: string;
  steps: { line: number; word: string; rest: string; flags: Record<string, string> }[];
}

const root = fileURLToPath(new URL('../../', import.meta.url));
const readDockerfile = read as (text: string) => Stage[];
const stages = readDockerfile(readFileSync(path.join(root, 'Dockerfile'), 'utf8'));
const copies = stages.flatMap(({ name, steps }) => steps.filter(({ word }) => word === 'COPY').map(({ rest, flags }) => ({ stage: name, sources: rest.split(' ').slice(0, -1), target: rest.split(' ').at(-1) ?? '', from: flags['from'] })));
const workspaces = ['apps', 'packages'].flatMap((folder) => readdirSync(path.join(root, folder)).map((name) => `${folder}/${name}`)).filter((folder) => existsSync(path.join(root, folder, 'package.json')));

test('it ends as nobody in particular: not root, with a health check and a stop signal', () => {
  const last = stages.at(-1)?.steps ?? [];
  const words = last.map(({ word }) => word);
  expect(last.filter(({ word }) => word === 'USER').map(({ rest }) => rest)).toEqual(['node']);
  expect(words.slice(words.indexOf('USER'))).not.toContain('RUN');
  expect(words).toEqual(expect.arrayContaining(['HEALTHCHECK', 'STOPSIGNAL', 'CMD']));
  for (const { word, rest } of last) if (word === 'CMD') expect(JSON.parse(rest)).toEqual(['node', expect.stringMatching(/\.js$/)]);
});

test('the base image has a version, and packages come by the lock file alone', () => {
  const stageNames = stages.map(({ name }) => name);
  for (const { from } of stages) expect(stageNames.includes(from) || from.startsWith('node:${NODE_VERSION}-'), from).toBe(true);
  const installs = stages.flatMap(({ steps }) => steps.filter(({ word, rest }) => word === 'RUN' && rest.startsWith('npm')));
  expect(installs.map(({ rest }) => rest.split(' ').slice(0, 3).join(' '))).toEqual(['npm ci --omit=dev', 'npm ci --include=dev']);
});

test('every workspace is in it: its manifest before the install, its build in the end', () => {
  for (const workspace of workspaces) {
    expect(copies.filter(({ stage, sources }) => stage === 'manifests' && sources.includes(`${workspace}/package.json`)), workspace).toHaveLength(1);
    expect(copies.filter(({ stage, target }) => stage === 'runtime' && target === `${workspace}/dist`), workspace).toHaveLength(1);
  }
});

test('what it copies from the clone is there, and no secret is let into the build', () => {
  for (const { sources, from } of copies) if (from === undefined) for (const source of sources) expect(existsSync(path.join(root, source)), source).toBe(true);
  const ignored = readFileSync(path.join(root, '.dockerignore'), 'utf8').split('\n');
  expect(ignored).toEqual(expect.arrayContaining(['**', '**/node_modules', '**/.env*']));
  const allowed = ignored.filter((line) => line.startsWith('!')).map((line) => line.slice(1).split('/')[0]);
  for (const { sources, from } of copies) if (from === undefined) for (const source of sources) expect(allowed).toContain(source.split('/')[0]);
});

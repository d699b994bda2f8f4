// Builds plain JavaScript: each workspace's `src` becomes its `dist`, which then runs without tsx and without any TypeScript.
// One compilation of everything, so that packages see each other's sources and types, into a folder aside; only a whole and
// faultless result replaces what was there. Files that are not TypeScript (pages, styles, Lua) are carried along.

import { cpSync, existsSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { runInForeground } from './foreground.mjs';
import { localProgram } from './local-program.mjs';
import { setUp } from './setup.mjs';
import { Refusal } from './setup/refusal.mjs';
import { root } from './setup/root.mjs';

// The same folder as `outDir` of tsconfig.build.json.
const aside = join(root, 'node_modules', '.dailies-build');

const log = (line) => process.stderr.write(`${line}\n`);

try {
  // In an image the packages were installed by the step before.
  if (!process.argv.includes('--only')) await setUp({ need: { redis: false }, log });
  process.exitCode = await build();
} catch (error) {
  if (!(error instanceof Refusal)) throw error;
  log(error.message);
  process.exitCode = 1;
}

async function build() {
  rmSync(aside, { recursive: true, force: true });
  const { code } = await runInForeground([...localProgram('typescript', 'tsc'), '-p', 'tsconfig.build.json']);
  if (code !== 0) return code;
  const built = workspaces().filter((workspace) => existsSync(join(aside, workspace, 'src')));
  for (const workspace of built) replaceDist(workspace);
  rmSync(aside, { recursive: true, force: true });
  log(`Built ${built.map((workspace) => `${workspace}/dist`).join(', ')}.`);
  return 0;
}

function workspaces() {
  return ['packages', 'apps'].flatMap((folder) => readdirSync(join(root, folder)).map((name) => join(folder, name)));
}

function replaceDist(workspace) {
  const source = join(root, workspace, 'src');
  const fresh = join(aside, workspace, 'src');
  const dist = join(root, workspace, 'dist');
  cpSync(source, fresh, { recursive: true, filter: isCarriedAlong });
  rmSync(dist, { recursive: true, force: true });
  renameSync(fresh, dist);
}

function isCarriedAlong(path) {
  return statSync(path).isDirectory() || !/\.[cm]?tsx?$/.test(path);
}

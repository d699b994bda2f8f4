// What Dailies is compared with by `npm run bench -- --only peers`: packages of their own below bench/peers, and PostgreSQL. Nothing else needs
// them, so nothing else installs them. Where that cannot be done, it is said, and whoever is missing does not take part.

import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runCommand } from './command.mjs';
import { npm } from './npm.mjs';
import { findPostgres } from './postgres-server.mjs';
import { Refusal } from './refusal.mjs';
import { root } from './root.mjs';
import { installPostgres } from './system-programs.mjs';

const folder = join(root, 'bench', 'peers');
const stampFile = join(folder, 'node_modules', '.dailies-lock');

export function peersAreInstalled() {
  return packagesAreInstalled() && findPostgres() !== undefined;
}

export async function installPeers(log) {
  for (const step of [installPackages, installPostgres]) {
    await step(log).catch((error) => {
      if (!(error instanceof Refusal)) throw error;
      log(error.message);
    });
  }
}

async function installPackages(log) {
  if (packagesAreInstalled()) return;
  log('Installing the packages that Dailies is compared with (260 MB below bench/peers, once) …');
  const [program, ...first] = npm();
  // No scripts: all that these packages would run at installation is a report of it to somebody.
  const { code, output, interrupted } = await runCommand(program, [...first, 'ci', '--ignore-scripts', '--no-audit', '--no-fund'], { cwd: folder });
  if (interrupted) throw new Refusal('Interrupted while the packages of bench/peers were being installed. The same command again starts that over.');
  if (code !== 0) throw new Refusal(`The packages of bench/peers could not be installed:\n${output.trimEnd().split('\n').slice(-10).join('\n')}`);
  writeFileSync(stampFile, stampOfLock());
}

function packagesAreInstalled() {
  return existsSync(stampFile) && readFileSync(stampFile, 'utf8') === stampOfLock();
}

// Restate's server is machine code: a clone shared with a container of another kind needs it anew.
function stampOfLock() {
  return `${createHash('sha256').update(readFileSync(join(folder, 'package-lock.json'))).digest('hex')} ${process.platform} ${process.arch}\n`;
}

// The npm packages of the clone: installed exactly as package-lock.json says, again only when it has changed or something is missing.
// What was installed is remembered in node_modules/.dailies-lock, which `npm ci` removes first and we write last: an install that
// was cut off is never taken for a whole one. npm itself is not started to find out, since that alone takes half a second.

import { createHash } from 'node:crypto';
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runCommand } from './command.mjs';
import { npm } from './npm.mjs';
import { Refusal } from './refusal.mjs';
import { root } from './root.mjs';

const stampFile = join(root, 'node_modules', '.dailies-lock');

export function npmPackagesAreInstalled() {
  const lock = readLock();
  return existsSync(stampFile) && readFileSync(stampFile, 'utf8') === stampOf(lock) && nothingIsMissing(lock);
}

export async function installNpmPackages(log) {
  log('Installing npm packages (only when they have changed; about a minute) …');
  const [program, ...first] = npm();
  const { code, output, interrupted } = await runCommand(
    program,
    [...first, 'ci', '--include=dev', '--no-audit', '--no-fund'],
    { cwd: root },
  );
  if (interrupted) throw new Refusal('Interrupted while npm packages were being installed. The same command again starts that over.');
  if (code !== 0) throw new Refusal(`npm could not install the packages. It says:\n${faultsIn(output)}`);
  const fresh = `${stampFile}.${process.pid}`;
  writeFileSync(fresh, stampOf(readLock()));
  renameSync(fresh, stampFile);
}

function readLock() {
  try {
    return readFileSync(join(root, 'package-lock.json'), 'utf8');
  } catch {
    throw new Refusal('package-lock.json is missing. Get it back with: git checkout package-lock.json');
  }
}

// Some packages bring machine code: a clone shared with a container of another kind needs them anew.
function stampOf(lock) {
  return `${createHash('sha256').update(lock).digest('hex')} ${process.platform} ${process.arch}\n`;
}

function nothingIsMissing(lock) {
  return Object.entries(JSON.parse(lock).packages)
    .filter(([path, entry]) => path.startsWith('node_modules/') && !entry.optional && !entry.devOptional)
    .every(([path]) => existsSync(join(root, path, 'package.json')));
}

// npm repeats its whole manual after some errors.
function faultsIn(output) {
  const lines = output.split('\n').filter((line) => /^npm (error|ERR!) ./.test(line) || !line.startsWith('npm '));
  return lines.slice(0, 20).join('\n').trimEnd();
}

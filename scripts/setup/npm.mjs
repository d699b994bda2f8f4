// How to start npm: the one that is running us, else the one beside this Node, else the one on PATH.

import { existsSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { findPrograms } from './program.mjs';
import { Refusal } from './refusal.mjs';

export function npm() {
  const running = process.env.npm_execpath;
  if (running && basename(running) === 'npm-cli.js') return [process.execPath, running];
  const besideNode = join(dirname(process.execPath), 'npm');
  const found = existsSync(besideNode) ? besideNode : findPrograms(['npm'])[0];
  if (found) return [found];
  throw new Refusal('npm is not installed, and Dailies gets its packages with it. It comes with Node (https://nodejs.org); on Debian: apt-get install npm');
}

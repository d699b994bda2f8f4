// How to start a command that an npm package of the clone brings: its JavaScript file, with the Node that runs now.
// Without a shell and without npm, which would cost half a second and repeat signals.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './setup/root.mjs';

export function localProgram(packageName, command = packageName) {
  const folder = join(root, 'node_modules', packageName);
  const { bin } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  return [process.execPath, join(folder, typeof bin === 'string' ? bin : bin[command])];
}

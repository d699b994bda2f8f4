// A variable as `npm start` will know it: the environment's, else that of .env. Reads, and changes neither. A Node that is too old to read .env
// gets here before it is refused.

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as util from 'node:util';
import { root } from './root.mjs';

export function settingOf(name, file = join(root, '.env')) {
  const said = process.env[name] ?? (existsSync(file) ? util.parseEnv?.(readFileSync(file, 'utf8'))[name] : undefined);
  return said?.trim() || undefined;
}

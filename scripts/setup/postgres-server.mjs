// PostgreSQL's programs, which the queues that Dailies is compared with need. Only `npm run bench -- --only peers` asks for them.

import { readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { findPrograms, isProgram } from './program.mjs';

const debianFolder = '/usr/lib/postgresql';

/** The folder of `initdb`, `postgres` and `psql`; Debian keeps it off the PATH, one for each version.
 * @returns {string | undefined} */
export function findPostgres() {
  const versions = foldersIn(debianFolder).toSorted((a, b) => Number(b) - Number(a)).map((version) => join(debianFolder, version, 'bin'));
  const others = findPrograms(['initdb']).map((program) => dirname(program));
  return [...versions, ...others].find((folder) => ['initdb', 'postgres', 'psql'].every((name) => isProgram(join(folder, name))));
}

function foldersIn(folder) {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

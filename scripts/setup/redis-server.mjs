// The Redis (or Valkey) server program that the embedded Redis needs: finds it, and judges whether it is new enough.
// DAILIES_REDIS_SERVER names one to be used in place of all others. Never starts a server.

import { spawnSync } from 'node:child_process';
import { findPrograms, isProgram } from './program.mjs';
import { Refusal } from './refusal.mjs';
import { settingOf } from './setting.mjs';

const oldest = { Redis: [6, 2], Valkey: [7, 2] };

/** @returns {{ found?: string, tooOld: string[] }} */
export function findRedisServer() {
  const named = settingOf('DAILIES_REDIS_SERVER');
  if (named) return { found: namedServer(named), tooOld: [] };
  const tooOld = [];
  for (const path of findPrograms(['redis-server', 'valkey-server'])) {
    const version = versionOf(path);
    if (version?.newEnough) return { found: path, tooOld };
    if (version) tooOld.push(`${path} is ${version.name}`);
  }
  return { tooOld };
}

function namedServer(path) {
  const version = isProgram(path) ? versionOf(path) : undefined;
  if (version?.newEnough) return path;
  const fault = version ? `is ${version.name}, which is too old` : 'is not a Redis or Valkey server that can be run';
  throw new Refusal(`DAILIES_REDIS_SERVER names ${path}, and that ${fault}. Name a redis-server 6.2 or newer, or unset the variable.`);
}

function versionOf(path) {
  const said = spawnSync(path, ['--version'], { encoding: 'utf8', timeout: 5_000 });
  // Valkey 7.2 leaves out its name.
  const found = /^(?:(Redis|Valkey) )?server v=(\d+)\.(\d+)[\w.-]*/i.exec(said.stdout ?? '');
  if (!found) return undefined;
  const [, kind = 'Valkey', major, minor] = found;
  const [oldestMajor, oldestMinor] = /valkey/i.test(kind) ? oldest.Valkey : oldest.Redis;
  const newEnough = Number(major) > oldestMajor || (Number(major) === oldestMajor && Number(minor) >= oldestMinor);
  return { name: `${kind} ${major}.${minor}`, newEnough };
}

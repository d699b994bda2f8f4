/**
 * The program of the embedded Redis: redis-server or valkey-server, found where a shell would find it or where systems put it.
 * The same as the set-up scripts do in plain JavaScript for a bare clone; this one installs nothing and reads no environment.
 */
import { execFile } from 'node:child_process';
import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

const names = ['redis-server', 'valkey-server'];
const places = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/opt/homebrew/bin', '/opt/local/bin', '/home/linuxbrew/.linuxbrew/bin'];
const oldest = { redis: [6, 2], valkey: [7, 2] } as const;
/** From here on the append-only file is a folder, of which an older server knows nothing: it would begin with an empty ledger. */
const oldestForFolders = 7;

/** Its path. `binary` names one that must be used, `data` the folder whose data it must be able to read. */
export async function findRedisServer(binary?: string, data?: string): Promise<string> {
  const hasFolders = data !== undefined && (await isThere(join(data, 'appendonlydir')));
  const candidates = binary === undefined ? [...(await onSearchPath()), ...places.flatMap((place) => names.map((name) => `${place}/${name}`))] : [binary];
  const tooOld: string[] = [];
  for (const path of candidates) {
    const version = await versionOf(path);
    if (version?.isNewEnough === true && (!hasFolders || version.major >= oldestForFolders)) return path;
    if (version) tooOld.push(`${path} is ${version.name}, which is too old${version.isNewEnough ? ` for the data in ${data}: a newer one wrote them` : ''}`);
  }
  const found = tooOld[0] ?? (binary === undefined ? 'none was found' : `${binary} is not a Redis server that can be run`);
  throw new Error(
    `The embedded Redis needs redis-server ${hasFolders ? '7.0' : '6.2'} or newer, or valkey-server 7.2 or newer: ${found}. `
      + 'Install one (Debian: sudo apt-get install redis-server; macOS: brew install redis), or set REDIS_URL to a Redis that runs already.',
  );
}

async function onSearchPath(): Promise<string[]> {
  const found = await Promise.all(
    names.map((name) => run('/bin/sh', ['-c', 'command -v "$1"', 'sh', name]).then(({ stdout }) => stdout.trim(), () => '')),
  );
  return found.filter((path) => path.startsWith('/'));
}

async function versionOf(path: string): Promise<{ name: string; major: number; isNewEnough: boolean } | undefined> {
  const said = await run(path, ['--version'], { timeout: 5_000 }).then(({ stdout }) => stdout, () => '');
  // Valkey 7.2 leaves out its name.
  const [, kind = 'Valkey', major, minor] = /^(?:(redis|valkey) )?server v=(\d+)\.(\d+)/i.exec(said) ?? [];
  if (major === undefined || minor === undefined) return undefined;
  const [oldestMajor, oldestMinor] = kind.toLowerCase() === 'valkey' ? oldest.valkey : oldest.redis;
  const isNewEnough = Number(major) > oldestMajor || (Number(major) === oldestMajor && Number(minor) >= oldestMinor);
  return { name: `${kind} ${major}.${minor}`, major: Number(major), isNewEnough };
}

function isThere(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  );
}

/**
 * Starts the server program in its own process group, so that a Ctrl-C meant for us does not take it before our last write,
 * and without our environment, since that holds API keys. What it says goes to a log file that is kept small.
 * It is not our child to look after: it lives on when we end.
 */
import { spawn } from 'node:child_process';
import { open, readFile, stat, truncate } from 'node:fs/promises';
import type { ServerHome } from './server-home.ts';

export interface ServerProcess {
  hasExited(): boolean;
  stop(): void;
}

const largestLogBytes = 4 * 1024 * 1024;

export async function spawnServer(program: string, home: ServerHome): Promise<ServerProcess> {
  await keepLogSmall(home.logFile);
  const log = await open(home.logFile, 'a', 0o600);
  try {
    const child = spawn(program, ['../redis.conf'], {
      cwd: home.dataFolder,
      // Tells people in `ps e` whose it is, and gives the server room for its title, which holds the port.
      env: { DAILIES_FOLDER: home.folder },
      detached: true,
      stdio: ['ignore', log.fd, log.fd],
    });
    let exited = false;
    child.once('exit', () => {
      exited = true;
    });
    await new Promise((resolve, reject) => {
      child.once('spawn', resolve);
      child.once('error', reject);
    });
    child.unref();
    return { hasExited: () => exited, stop: () => void child.kill('SIGTERM') };
  } finally {
    await log.close();
  }
}

/** The last lines of its log, for an error message. */
export async function lastWords(home: ServerHome): Promise<string> {
  const text = await readFile(home.logFile, 'utf8').catch(() => '');
  return text.trimEnd().split('\n').slice(-12).join('\n');
}

// A server that runs appends, so cutting the file under it is safe.
async function keepLogSmall(file: string): Promise<void> {
  const size = await stat(file).then((found) => found.size, () => 0);
  if (size > largestLogBytes) await truncate(file);
}

/**
 * A PostgreSQL cluster for one contestant of one run, with every commit on disk before it is answered. PostgreSQL refuses to run as root, so when
 * root runs the bench it runs as the user that the package made. Its CPU is that of all its processes. Its memory is the sum of their proportional
 * shares, so that memory which they share counts once.
 */
import { execFile, execFileSync, spawn } from 'node:child_process';
import { chmodSync, chownSync, mkdirSync, readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as rest } from 'node:timers/promises';
import { promisify } from 'node:util';
// @ts-expect-error: a script of the clone, plain JavaScript.
import { findPostgres as find } from '../../scripts/setup/postgres-server.mjs';
import { freePort } from '../../test/support/redis-server.ts';
import { costOf, type ProcessCost } from '../pipeline/process-cost.ts';
import { endWithUs, kill } from '../pipeline/program.ts';

export interface PostgresServer {
  url: string;
  cost(): ProcessCost;
  /** Transactions committed. */
  operations(): Promise<number>;
  close(): Promise<void>;
}

const run = promisify(execFile);

/** Ends the server at once, but with all its processes and its shared memory. */
const QUIT = 'SIGQUIT';

/** The package's default for a machine of this size, but for what a queue with many connections needs. */
const SETTINGS = {
  fsync: 'on',
  synchronous_commit: 'on',
  full_page_writes: 'on',
  shared_buffers: '512MB',
  max_connections: '200',
  max_wal_size: '4GB',
  autovacuum_naptime: '10s',
};

export async function startPostgres(folder: string): Promise<PostgresServer> {
  const bin = (find as () => string | undefined)();
  if (bin === undefined) throw new Error('PostgreSQL is not installed (Debian: apt-get install postgresql)');
  const data = path.join(folder, 'postgres');
  mkdirSync(data, { mode: 0o700 });
  const owner = ownerOf(folder, data);
  await run(path.join(bin, 'initdb'), ['-D', data, '-U', 'bench', '-A', 'trust', '-E', 'UTF8', '--locale=C', '-N'], owner);
  const port = await freePort();
  const settings = { ...SETTINGS, listen_addresses: '127.0.0.1', port, unix_socket_directories: data };
  const options = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const child = endWithUs(spawn(path.join(bin, 'postgres'), ['-D', data, ...options], { ...owner, stdio: 'ignore' }), QUIT);
  const login = ['-h', '127.0.0.1', '-p', String(port), '-U', 'bench', '-d', 'postgres'];
  const query = async (text: string): Promise<string> => {
    const { stdout } = await run(path.join(bin, 'psql'), [...login, '-Atc', text], { cwd: data, env: {} });
    return stdout.trim();
  };
  while ((await query('select 1').catch(() => '')) !== '1') {
    if (child.exitCode !== null) throw new Error(`PostgreSQL ended with ${child.exitCode}`);
    await rest(50);
  }
  await query('create database bench');
  return {
    url: `postgres://bench@127.0.0.1:${port}/bench`,
    cost: () => costOfAll(child.pid ?? 0),
    operations: async () => Number(await query("select xact_commit from pg_stat_database where datname = 'bench'")),
    close: () => kill(child, QUIT),
  };
}

function ownerOf(folder: string, data: string): { uid?: number; gid?: number; cwd: string } {
  if (process.getuid?.() !== 0) return { cwd: data };
  const id = (what: string): number => Number(execFileSync('id', [what, 'postgres'], { encoding: 'utf8' }));
  const [uid, gid] = [id('-u'), id('-g')];
  // It has to pass through the folder of the run, which is ours, into its own.
  chmodSync(folder, 0o711);
  chownSync(data, uid, gid);
  return { uid, gid, cwd: data };
}

function costOfAll(postmaster: number): ProcessCost {
  const pids = [postmaster, ...childrenOf(postmaster)];
  const cpuSeconds = pids.reduce((sum, pid) => sum + costOf(pid).cpuSeconds, 0);
  const kibibytes = pids.reduce((sum, pid) => sum + proportionalKiB(pid), 0);
  return { cpuSeconds, peakMiB: Math.round(kibibytes / 1024) };
}

function childrenOf(parent: number): number[] {
  const isChild = new RegExp(`^PPid:\\s+${parent}$`, 'm');
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name)).map(Number);
  return pids.filter((pid) => isChild.test(read(`/proc/${pid}/status`)));
}

function proportionalKiB(pid: number): number {
  return Number(/^Pss:\s+(\d+)/m.exec(read(`/proc/${pid}/smaps_rollup`))?.[1] ?? 0);
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

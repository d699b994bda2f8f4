/**
 * A real S3-compatible object store for tests: Ceph's gateway (radosgw) with its own monitor and one object store daemon, all in memory, on free
 * ports, removed when the test file is done. It is what clouds run, not an imitation made for tests. Version 16, as Debian 12 has it, enforces
 * `If-None-Match: *` on puts, but ignores it when an upload in pieces is finished.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { accessSync, constants } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { freePort } from './redis-server.ts';

export interface S3Server {
  endpoint: string;
  /** Makes a bucket and answers its name. */
  bucket(): Promise<string>;
  /** The official client, for checks. */
  client: S3Client;
  /** The environment of a process that uses a bucket of this server. */
  environment(bucket: string): Record<string, string>;
  /** Kills the gateway at once and starts it again on the same port with the same objects. */
  stopGateway(): Promise<void>;
  startGateway(): Promise<void>;
  close(): Promise<void>;
}

const PROGRAMS = ['ceph', 'ceph-authtool', 'ceph-mon', 'ceph-osd', 'monmaptool', 'radosgw', 'radosgw-admin'];
const KEYS = { accessKeyId: 'dailies-test', secretAccessKey: 'not-a-secret-of-anybody' };

/** False when it is not installed. With DAILIES_REQUIRE_S3_SERVER=1 that is an error, so that no skip passes unseen. */
export function hasS3Server(): boolean {
  const missing = PROGRAMS.filter((name) => !['/usr/bin', '/usr/sbin', ...(process.env['PATH'] ?? '').split(path.delimiter)].some((folder) => isProgram(path.join(folder, name))));
  if (missing.length > 0 && process.env['DAILIES_REQUIRE_S3_SERVER'] === '1') {
    throw new Error(`DAILIES_REQUIRE_S3_SERVER is 1, but these are missing: ${missing.join(', ')}. Install the packages radosgw, ceph-mon and ceph-osd.`);
  }
  return missing.length === 0;
}

export async function startS3Server(): Promise<S3Server> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'dailies-test-s3-'));
  const [monitorPort, port] = [await freePort(), await freePort()];
  const settings = path.join(folder, 'ceph.conf');
  const keyring = path.join(folder, 'keyring');
  const fsid = randomUUID();
  await mkdir(path.join(folder, 'osd'));
  await writeFile(settings, configuration({ folder, fsid, monitorPort, port }));
  const daemons: ChildProcess[] = [];
  // None of the processes outlives the suite, whatever happens to it.
  process.once('exit', () => daemons.forEach((one) => one.kill('SIGKILL')));
  const tool = (name: string, ...words: string[]): Promise<void> => run(name, ['-c', settings, ...words]);
  const daemon = (name: string, ...words: string[]): ChildProcess => {
    const started = spawn(name, ['-c', settings, '-f', ...words], { stdio: 'ignore' });
    daemons.push(started);
    return started;
  };
  const endpoint = `http://127.0.0.1:${port}`;
  const client = new S3Client({ endpoint, region: 'us-east-1', forcePathStyle: true, credentials: KEYS, requestChecksumCalculation: 'WHEN_REQUIRED', maxAttempts: 1 });
  let gateway: ChildProcess | null = null;
  const startGateway = async (): Promise<void> => {
    if (gateway !== null && gateway.exitCode === null && gateway.signalCode === null) return;
    gateway = daemon('radosgw', '-n', 'client.admin', '-k', keyring);
    while (!(await answers(endpoint))) await pause(50);
  };
  const close = async (): Promise<void> => {
    client.destroy();
    for (const one of daemons.toReversed()) await killed(one);
    await rm(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 });
  };
  try {
    await run('ceph-authtool', [keyring, '--create-keyring', '--gen-key', '-n', 'mon.', '--cap', 'mon', 'allow *']);
    for (const name of ['client.admin', 'osd.0']) await run('ceph-authtool', [keyring, '--gen-key', '-n', name, '--cap', 'mon', 'allow *', '--cap', 'osd', 'allow *', '--cap', 'mgr', 'allow *']);
    await run('monmaptool', ['--create', '--fsid', fsid, '--addv', 'a', `[v2:127.0.0.1:${monitorPort}]`, path.join(folder, 'monmap')]);
    await tool('ceph-mon', '-i', 'a', '--mkfs', '--monmap', path.join(folder, 'monmap'), '--keyring', keyring);
    daemon('ceph-mon', '-i', 'a');
    const disk = randomUUID();
    await tool('ceph', '--connect-timeout', '30', 'osd', 'new', disk, '0');
    await tool('ceph-osd', '-i', '0', '--mkfs', '--osd-uuid', disk);
    daemon('ceph-osd', '-i', '0');
    await startGateway();
    await tool('radosgw-admin', '-n', 'client.admin', '-k', keyring, 'user', 'create', '--uid', 'test', '--display-name', 'test', '--access-key', KEYS.accessKeyId, '--secret', KEYS.secretAccessKey);
  } catch (error) {
    await close();
    throw error;
  }
  return {
    endpoint,
    client,
    async bucket() {
      const Bucket = `test-${randomUUID().slice(0, 8)}`;
      await client.send(new CreateBucketCommand({ Bucket }));
      return Bucket;
    },
    environment: (bucket) => ({ S3_ENDPOINT: endpoint, S3_BUCKET: bucket, S3_ACCESS_KEY_ID: KEYS.accessKeyId, S3_SECRET_ACCESS_KEY: KEYS.secretAccessKey }),
    startGateway,
    async stopGateway() {
      if (gateway !== null) await killed(gateway);
    },
    close,
  };
}

/** One copy of everything in memory, no redundancy, no waiting for votes: enough for a test, and up in a second. */
function configuration({ folder, fsid, monitorPort, port }: { folder: string; fsid: string; monitorPort: number; port: number }): string {
  const at = (name: string): string => path.join(folder, name);
  const lines: Record<string, string | number> = {
    fsid, 'mon host': `v2:127.0.0.1:${monitorPort}/0`, 'mon initial members': 'a', 'public addr': '127.0.0.1', 'cluster addr': '127.0.0.1', 'ms bind ipv6': 'false',
    keyring: at('keyring'), 'mon data': at('mon'), 'osd data': at('osd'), 'rgw data': at('rgw'), 'run dir': folder, 'pid file': '', 'admin socket': '', 'crash dir': at('crash'),
    'log file': at('$name.log'), 'log to stderr': 'false', 'err to stderr': 'false', 'mon cluster log file': at('cluster.log'),
    'mon data avail crit': 1, 'paxos propose interval': 0.02, 'paxos min wait': 0.01, 'mon allow pool size one': 'true',
    'osd pool default size': 1, 'osd pool default min size': 1, 'osd pool default pg num': 1, 'osd pool default pgp num': 1, 'osd pool default pg autoscale mode': 'off',
    'osd crush chooseleaf type': 0, 'osd objectstore': 'memstore', 'memstore device bytes': 6 * 1024 ** 3, 'osd class load list': '*', 'osd class default list': '*',
    'rgw frontends': `beast endpoint=127.0.0.1:${port}`, 'rgw thread pool size': 32, 'rgw gc obj min wait': 1, 'rgw gc processor period': 1,
    // A killed gateway leaves its watches behind, and the writes of the next one would wait for them.
    'rgw cache enabled': 'false', 'osd client watch timeout': 2,
  };
  return ['[global]', ...Object.entries(lines).map(([name, value]) => `${name} = ${value}`), ''].join('\n');
}

async function run(program: string, words: readonly string[]): Promise<void> {
  const started = spawn(program, words, { stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  started.stderr.on('data', (text: Buffer) => (said += text.toString()));
  const [code] = (await once(started, 'close')) as [number | null];
  if (code !== 0) throw new Error(`${program} ${words.join(' ')} ended with ${code}: ${said.slice(-2_000)}`);
}

async function killed(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGKILL');
  await once(child, 'exit');
}

async function answers(url: string): Promise<boolean> {
  return fetch(url).then((response) => response.ok, () => false);
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return path.isAbsolute(file);
  } catch {
    return false;
  }
}

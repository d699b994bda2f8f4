// The system's package manager, where it can be used without asking anybody for a password.
// Installs a program and leaves no service of it running, now or after the next boot. On Debian that takes a policy file for the
// time of the installation, and the unit switched off afterwards; the others start nothing by themselves.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runCommand } from './command.mjs';
import { findPrograms } from './program.mjs';

const policyFile = '/usr/sbin/policy-rc.d';
const policyMark = 'Dailies set-up';

// What Debian would start at the next boot, after these packages were installed.
const units = {
  redis: ['redis-server.service'],
  postgres: ['postgresql.service'],
  s3: ['ceph-crash.service', 'ceph.target', 'ceph-mon.target', 'ceph-osd.target', 'ceph-radosgw.target'],
};

const managers = [
  {
    name: 'apt-get',
    packages: { redis: 'redis-server', chromium: 'chromium', s3: 'radosgw ceph-mon ceph-osd', postgres: 'postgresql' },
    install: installWithApt,
  },
  {
    name: 'dnf',
    packages: { redis: 'valkey', chromium: 'chromium', postgres: 'postgresql-server' },
    command: ['install', '-y', '--setopt=install_weak_deps=False'],
  },
  { name: 'apk', packages: { redis: 'redis', chromium: 'chromium', postgres: 'postgresql' }, command: ['add', '--no-cache'] },
  { name: 'pacman', packages: { redis: 'valkey', chromium: 'chromium', postgres: 'postgresql' }, command: ['-S', '--noconfirm', '--needed'] },
  { name: 'brew', packages: { redis: 'redis', postgres: 'postgresql' }, command: ['install'], asUser: true },
];

/** The one this system has, and how to become root for it; undefined where there is none or it would ask for a password. */
export async function usablePackageManager() {
  const manager = managers.find(({ name }) => findPrograms([name]).length > 0);
  if (!manager) return undefined;
  const asRoot = manager.asUser ? [] : await wayToBecomeRoot();
  return asRoot && { ...manager, asRoot };
}

/** @returns {Promise<{ ok: boolean, output: string, interrupted: boolean }>} */
export async function installWith(manager, thing) {
  const name = manager.packages[thing];
  if (!name) return { ok: false, output: `${manager.name} has no package for ${thing}.`, interrupted: false };
  return manager.install ? manager.install(manager, name, units[thing] ?? []) : runAsRoot(manager, [manager.name, ...manager.command, name]);
}

async function wayToBecomeRoot() {
  if (process.getuid?.() === 0) return [];
  if (findPrograms(['sudo']).length === 0) return undefined;
  const { code } = await runCommand('sudo', ['-n', 'true']);
  return code === 0 ? ['sudo', '-n'] : undefined;
}

async function runAsRoot({ asRoot }, command) {
  const [program, ...rest] = [...asRoot, ...command];
  const { code, output, interrupted } = await runCommand(program, rest);
  return { ok: code === 0 && !interrupted, output, interrupted };
}

async function installWithApt(manager, name, ofThese) {
  const apt = ['env', 'DEBIAN_FRONTEND=noninteractive', 'apt-get', '-o', 'DPkg::Lock::Timeout=120'];
  const install = [...apt, 'install', '-y', '--no-install-recommends', ...name.split(' ')];
  const removePolicy = await forbidServices(manager);
  const ours = await notEnabled(ofThese);
  try {
    const first = await runAsRoot(manager, install);
    if (first.ok || first.interrupted) return first;
    // The lists are missing (a new container) or old.
    await runAsRoot(manager, [...apt, 'update']);
    return await runAsRoot(manager, install);
  } finally {
    await removePolicy();
    if (ours.length > 0) await runAsRoot(manager, ['systemctl', 'disable', '--quiet', ...ours]);
  }
}

// What was enabled before is somebody's.
async function notEnabled(names) {
  if (findPrograms(['systemctl']).length === 0) return [];
  const found = await Promise.all(names.map(async (name) => ({ name, ...(await runCommand('systemctl', ['is-enabled', '--quiet', name])) })));
  return found.filter(({ code }) => code !== 0).map(({ name }) => name);
}

// A policy that somebody else put there (a container image, an administrator) is theirs: it stays as it is.
async function forbidServices(manager) {
  const present = readIfPresent(policyFile);
  if (present !== undefined && !present.includes(policyMark)) return async () => {};
  const aside = mkdtempSync(join(tmpdir(), 'dailies-'));
  const draft = join(aside, 'policy-rc.d');
  writeFileSync(draft, `#!/bin/sh\n# ${policyMark}: starts no service while a package is installed. Safe to remove.\nexit 101\n`);
  await runAsRoot(manager, ['install', '-m', '755', draft, policyFile]);
  rmSync(aside, { recursive: true, force: true });
  return () => runAsRoot(manager, ['rm', '-f', policyFile]);
}

function readIfPresent(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

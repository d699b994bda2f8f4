/**
 * Does this Redis keep what it has acknowledged? "Accepted means kept" and "never pay twice" rest on it.
 * Only looks and says what it found and what to do; it changes no setting, since the server may serve others too.
 * Where a managed Redis refuses CONFIG, INFO shows a part, and the rest is said to be unverified rather than guessed.
 */
import type { Redis } from 'ioredis';
import type { RedisConnection } from './connection.ts';
import { type Server, openServers, readSetting } from './servers.ts';
import { topologyFindings } from './topology.ts';

export interface Finding {
  level: 'ok' | 'warn' | 'error';
  what: string;
  remedy?: string | undefined;
}

/** Looks at every server: the master, and those that may become one. `replicas`: REDIS_REPLICAS. */
export async function checkDurability(redis: RedisConnection, replicas = 0): Promise<Finding[]> {
  const servers = await openServers(redis);
  try {
    const findings = await Promise.all(servers.all.map(checkServer));
    return [...together(servers.all, findings), ...topologyFindings(servers, replicas)];
  } finally {
    servers.close();
  }
}

async function checkServer({ redis, info }: Server): Promise<Finding[]> {
  if (info === null) return [{ level: 'error', what: 'It does not answer.', remedy: 'Is it running, and may this machine reach it?' }];
  const settings = await readSettings(redis);
  return [
    ...versionFinding(info),
    ...(settings ? settingFindings(settings) : unverifiedFindings(info)),
    ...(info.get('aof_enabled') === '1' && info.get('aof_last_write_status') === 'err' ? [failedWrite] : []),
    ...fullFinding(info),
  ];
}

/** A finding that all servers have is told once; one that some have, with their places. */
function together(servers: readonly Server[], findings: readonly Finding[][]): Finding[] {
  const placesOf = new Map<string, { finding: Finding; places: string[] }>();
  findings.forEach((some, at) => {
    for (const finding of some) {
      const known = placesOf.get(finding.what) ?? { finding, places: [] };
      known.places.push(servers[at]?.place ?? '');
      placesOf.set(finding.what, known);
    }
  });
  return [...placesOf.values()].map(({ finding, places }) => {
    return places.length === servers.length ? finding : { ...finding, what: `${places.join(', ')}: ${finding.what}` };
  });
}

interface Settings {
  appendonly: string;
  appendfsync: string;
  policy: string;
  maxmemory: string;
}

const failedWrite: Finding = {
  level: 'error',
  what: 'The last write to the append-only file failed (aof_last_write_status:err).',
  remedy: 'Look at the disk of the Redis server (full? read-only?) and at its log.',
};

export const REDIS_FULL: Finding = {
  level: 'error',
  what: 'Redis is full (its memory has reached maxmemory): it refuses every write, so all work waits.',
  remedy: 'CONFIG SET maxmemory to more, and the same line in redis.conf, if the machine has the memory. Work goes on by itself.',
};

const NEARLY_FULL = 0.9;

/** A Redis that is full still reads, so it looks healthy. One that may evict any key never gets full: `eviction` tells what it does instead. */
function fullFinding(info: ReadonlyMap<string, string>): Finding[] {
  if (info.get('maxmemory_policy')?.startsWith('allkeys-') === true) return [];
  const [most = 0, used = 0, notCounted = 0] = ['maxmemory', 'used_memory', 'mem_not_counted_for_evict'].map((name) => Number(info.get(name) ?? 0));
  const share = most === 0 ? 0 : (used - notCounted) / most;
  if (share < NEARLY_FULL) return [];
  if (share >= 1) return [REDIS_FULL];
  const what = `Redis is nearly full (its memory has reached ${Math.floor(share * 100)} % of maxmemory): once it is full, all work waits.`;
  return [{ level: 'warn', what, remedy: REDIS_FULL.remedy }];
}

function versionFinding(info: ReadonlyMap<string, string>): Finding[] {
  const version = info.get('redis_version') ?? '';
  const name = info.has('valkey_version') ? `Valkey ${info.get('valkey_version')}` : `Redis ${version}`;
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const isNewEnough = major > 6 || (major === 6 && minor >= 2);
  if (isNewEnough) return [{ level: 'ok', what: `${name} is new enough.` }];
  return [{ level: 'error', what: `${name} is too old.`, remedy: 'Use Redis 6.2 or newer, or Valkey 7.2 or newer.' }];
}

function settingFindings({ appendonly, appendfsync, policy, maxmemory }: Settings): Finding[] {
  return [appendOnly(appendonly === 'yes'), appendFsync(appendfsync), eviction(policy, maxmemory === '0')];
}

function unverifiedFindings(info: ReadonlyMap<string, string>): Finding[] {
  const unverified: Finding = {
    level: 'warn',
    what: 'This Redis refuses CONFIG, so it cannot be verified that it keeps every write.',
    remedy: 'Ask whoever runs it for: appendonly yes, appendfsync always, maxmemory-policy noeviction.',
  };
  const enabled = info.get('aof_enabled');
  const policy = info.get('maxmemory_policy');
  return [
    unverified,
    ...(enabled === undefined ? [] : [appendOnly(enabled === '1')]),
    ...(policy === undefined ? [] : [eviction(policy, info.get('maxmemory') === '0')]),
  ];
}

function appendOnly(on: boolean): Finding {
  if (on) return { level: 'ok', what: 'The append-only file is on.' };
  return {
    level: 'error',
    what: 'The append-only file is off (appendonly no): a restart of Redis forgets accepted work and paid tasks.',
    remedy: 'CONFIG SET appendonly yes, and the same line in redis.conf.',
  };
}

function appendFsync(value: string): Finding {
  if (value === 'always') return { level: 'ok', what: 'Every write is on disk before it is acknowledged (appendfsync always).' };
  return {
    level: 'warn',
    what: `Writes are acknowledged before they are on disk (appendfsync ${value}): a power cut can lose the last ones, among them that a prompt was paid for.`,
    remedy: 'CONFIG SET appendfsync always, and the same line in redis.conf.',
  };
}

function eviction(policy: string, isUnlimited: boolean): Finding {
  if (policy === 'noeviction') return { level: 'ok', what: 'Redis never evicts keys (maxmemory-policy noeviction).' };
  return {
    level: isUnlimited ? 'warn' : 'error',
    what: `Redis may throw our keys away when memory is short (maxmemory-policy ${policy}).`,
    remedy: 'CONFIG SET maxmemory-policy noeviction, and the same line in redis.conf.',
  };
}

// One by one: several names in one CONFIG GET need Redis 7.
async function readSettings(redis: Redis): Promise<Settings | undefined> {
  const [appendonly, appendfsync, policy, maxmemory] = await Promise.all(
    ['appendonly', 'appendfsync', 'maxmemory-policy', 'maxmemory'].map((name) => readSetting(redis, name)),
  );
  if (appendonly === undefined || appendfsync === undefined || policy === undefined || maxmemory === undefined) return undefined;
  return { appendonly, appendfsync, policy, maxmemory };
}

/**
 * Does this Redis keep a record compact? With a low limit the length of a prompt makes each record about twice as large
 * (docs/scaling.md, "What one generation costs"). No fault, and silent where CONFIG is refused. Changes nothing.
 */
import type { RedisConnection } from './connection.ts';
import type { Finding } from './durability.ts';
import { openServers, readSetting, type Server } from './servers.ts';

/** Longer than a prompt with its parameters. */
const ENOUGH_BYTES = 2_048;
/** Redis before 7 knows only the second. */
const NAMES = ['hash-max-listpack-value', 'hash-max-ziplist-value'];

/** Looks at every server: a replica needs as much memory as its master. */
export async function checkCompactness(redis: RedisConnection): Promise<Finding[]> {
  const servers = await openServers(redis);
  try {
    const low = (await Promise.all(servers.all.map(lowLimit))).filter((found) => found !== null);
    const [first] = low;
    if (first === undefined) return [];
    const settings = [...new Set(low.map(({ name, value }) => `${name} ${value}`))].join(', ');
    const where = low.length === servers.all.length ? '' : `${low.map(({ place }) => place).join(', ')}: `;
    return [
      {
        level: 'warn',
        what: `${where}Records take about twice the memory they need (${settings}).`,
        remedy: `CONFIG SET ${first.name} ${ENOUGH_BYTES}, and the same line in redis.conf. What is there already stays as it is until it is written again.`,
      },
    ];
  } finally {
    servers.close();
  }
}

async function lowLimit({ redis, place, info }: Server): Promise<{ place: string; name: string; value: number } | null> {
  if (info === null) return null;
  for (const name of NAMES) {
    const value = Number(await readSetting(redis, name));
    if (!Number.isNaN(value)) return value < ENOUGH_BYTES ? { place, name, value } : null;
  }
  return null;
}

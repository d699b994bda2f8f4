/** What stored images take of Redis, and when they go. Silent where there are none. */
import { imageLoad, type Config, type Store } from '@dailies/queue';
import type { Finding } from './finding.ts';

const MIB = 1024 ** 2;
/** Bytes from which stored images are worth mentioning beside the generations. */
const MUCH = 256 * MIB;

export async function checkImages(store: Store, { retention }: Pick<Config, 'retention'>): Promise<Finding[]> {
  // A Redis user who may not scan keys still gets the other findings.
  const load = await imageLoad(store).catch(() => null);
  if (load === null || load.count === 0) return [];
  const { count, bytes, isWhole } = load;
  const what = `${isWhole ? '' : 'At least '}${count} ${count === 1 ? 'image' : 'images'} given as files or Base64: ${(bytes / MIB).toFixed(1)} MiB of Redis.`;
  const kept = 'An image goes when the last that carries it has succeeded. Of what failed or was canceled it stays, since a retry may need it';
  const until = retention.ledgerDays === 0 ? 'for ever: LEDGER_RETENTION_DAYS ends that' : `for ${retention.ledgerDays} days (LEDGER_RETENTION_DAYS)`;
  return [{ level: bytes >= MUCH ? 'warn' : 'ok', about: 'redis', what, remedy: `${kept}, ${until}.` }];
}

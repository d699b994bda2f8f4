// The programs that do not come from npm: installs the missing ones where that needs no password, else says what to type.
// Never installs what is there already, and never leaves a service running.

import { linesToType } from './by-hand.mjs';
import { findChromium } from './chromium.mjs';
import { installWith, usablePackageManager } from './package-manager.mjs';
import { findPostgres } from './postgres-server.mjs';
import { findRedisServer } from './redis-server.mjs';
import { Refusal } from './refusal.mjs';
import { findS3Server } from './s3-server.mjs';

export async function installRedisServer(log) {
  const before = findRedisServer();
  if (before.found) return;
  const attempt = before.tooOld.length > 0 ? undefined : await install('redis', 'a Redis server', log);
  const after = findRedisServer();
  if (after.found) return;
  throw new Refusal(
    [
      'Dailies keeps its queue in Redis and found no server program: redis-server 6.2 or newer, or valkey-server 7.2 or newer.',
      ...after.tooOld.map((which) => `${which}: too old.`),
      ...(attempt ? [attempt] : []),
      'Install one with the line for your system, then run the same command again:',
      linesToType(),
      'Or name the program of one that you have: DAILIES_REDIS_SERVER=/path/to/redis-server',
    ].join('\n'),
  );
}

export async function installChromium(log) {
  if (findChromium()) return;
  const attempt = await install('chromium', 'Chromium for the browser tests', log);
  if (findChromium()) return;
  throw new Refusal(`The browser tests need Chromium. Install it (Debian: apt-get install -y chromium), then run this again.\n${attempt ?? ''}`);
}

export async function installS3Server(log) {
  if (findS3Server()) return;
  const attempt = await install('s3', "an S3-compatible server for the tests, Ceph's gateway,", log);
  if (findS3Server()) return;
  const line = 'apt-get install -y --no-install-recommends radosgw ceph-mon ceph-osd';
  throw new Refusal(`The tests of the bucket need Ceph's gateway. Install it (Debian: ${line}), then run this again.\n${attempt ?? ''}`);
}

/** For whoever can do without it: those tests are skipped then, and that is said. */
export async function installS3ServerIfPossible(log) {
  await installS3Server(log).catch((error) => {
    if (!(error instanceof Refusal)) throw error;
    log("Ceph's gateway is not installed: the tests of results in a bucket are skipped.");
  });
}

export async function installPostgres(log) {
  if (findPostgres()) return;
  const attempt = await install('postgres', 'PostgreSQL, which the queues that Dailies is compared with need,', log);
  if (findPostgres()) return;
  const line = 'apt-get install -y --no-install-recommends postgresql';
  throw new Refusal(`PostgreSQL is not installed: who needs it does not take part. Debian: ${line}\n${attempt ?? ''}`.trimEnd());
}

async function install(thing, what, log) {
  const manager = await usablePackageManager();
  if (!manager) return undefined;
  log(`Installing ${what} with ${manager.name} (once) …`);
  const { ok, output, interrupted } = await installWith(manager, thing);
  if (interrupted) throw new Refusal(`Interrupted while ${manager.name} was installing ${what}. The same command again starts that over.`);
  return ok ? undefined : `${manager.name} could not install it. Its last words:\n${output.trimEnd().split('\n').slice(-15).join('\n')}`;
}

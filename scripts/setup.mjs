// Makes a bare clone ready: a Node that is new enough, the npm packages, a Redis server program and, for CI, Chromium and an S3-compatible
// server.
// Plain JavaScript without dependencies, since it runs before there are any. When there is nothing to do it only looks, which
// takes a fraction of a second. It starts no server, changes nothing in the clone but node_modules, and asks for no password.

import { findChromium } from './setup/chromium.mjs';
import { refuseOldNode } from './setup/node-version.mjs';
import { installNpmPackages, npmPackagesAreInstalled } from './setup/npm-packages.mjs';
import { installPeers, peersAreInstalled } from './setup/peers.mjs';
import { findRedisServer } from './setup/redis-server.mjs';
import { holdingSetupLock } from './setup/setup-lock.mjs';
import { findS3Server } from './setup/s3-server.mjs';
import { installChromium, installRedisServer, installS3Server, installS3ServerIfPossible } from './setup/system-programs.mjs';

/** `s3: 'wished'` and `peers`: tried once, and done without where they cannot be installed.
 * @param {{ need: { redis: boolean, chromium?: boolean, s3?: boolean | 'wished', peers?: boolean }, log: (line: string) => void }} options */
export async function setUp({ need, log }) {
  refuseOldNode();
  const tried = new Set();
  const once = (install) => async () => {
    tried.add(install);
    await install(log);
  };
  const steps = [
    { wanted: true, done: npmPackagesAreInstalled, carryOut: installNpmPackages },
    { wanted: need.redis, done: () => findRedisServer().found, carryOut: installRedisServer },
    { wanted: need.chromium, done: findChromium, carryOut: installChromium },
    { wanted: need.s3 === true, done: findS3Server, carryOut: installS3Server },
    { wanted: need.s3 === 'wished', done: () => tried.has(installS3ServerIfPossible) || findS3Server(), carryOut: once(installS3ServerIfPossible) },
    { wanted: need.peers, done: () => tried.has(installPeers) || peersAreInstalled(), carryOut: once(installPeers) },
  ];
  const missing = () => steps.find(({ wanted, done }) => wanted && !done());
  if (!missing()) return;
  await holdingSetupLock(log, async () => {
    // Looked at anew each time: whoever held the lock before us may have done it already.
    for (let step = missing(); step; step = missing()) await step.carryOut(log);
  });
}

// Makes a bare clone ready: a Node that is new enough, the npm packages, a Redis server program and, for CI, Chromium.
// Plain JavaScript without dependencies, since it runs before there are any. When there is nothing to do it only looks, which
// takes a fraction of a second. It starts no server, changes nothing in the clone but node_modules, and asks for no password.

import { findChromium } from './setup/chromium.mjs';
import { refuseOldNode } from './setup/node-version.mjs';
import { installNpmPackages, npmPackagesAreInstalled } from './setup/npm-packages.mjs';
import { findRedisServer } from './setup/redis-server.mjs';
import { holdingSetupLock } from './setup/setup-lock.mjs';
import { installChromium, installRedisServer } from './setup/system-programs.mjs';

/** @param {{ need: { redis: boolean, chromium?: boolean }, log: (line: string) => void }} options */
export async function setUp({ need, log }) {
  refuseOldNode();
  const steps = [
    { wanted: true, done: npmPackagesAreInstalled, carryOut: installNpmPackages },
    { wanted: need.redis, done: () => findRedisServer().found, carryOut: installRedisServer },
    { wanted: need.chromium, done: findChromium, carryOut: installChromium },
  ];
  const missing = () => steps.find(({ wanted, done }) => wanted && !done());
  if (!missing()) return;
  await holdingSetupLock(log, async () => {
    // Looked at anew each time: whoever held the lock before us may have done it already.
    for (let step = missing(); step; step = missing()) await step.carryOut(log);
  });
}

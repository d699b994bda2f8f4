// One set-up at a time in a clone: two terminals that begin at once must not both run `npm ci` over each other.
// The holder touches the lock file while it works. A lock is stale when its process is gone, or when we have seen it untouched for a
// whole minute of our own looking; clocks are never compared, so a laptop's sleep or a wrong clock cannot break a lock that is held.

import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { root } from './root.mjs';

const lookEveryMs = 250;
const looksUntilStale = 240;

export async function holdingSetupLock(log, work, file = join(root, '.dailies', 'setup.lock')) {
  mkdirSync(dirname(file), { recursive: true });
  await take(file, log);
  const touching = setInterval(() => touch(file), 5_000);
  try {
    return await work();
  } finally {
    clearInterval(touching);
    rmSync(file, { force: true });
  }
}

async function take(file, log) {
  const mine = `${process.pid} ${hostname()}\n`;
  let seen;
  let unchanged = 0;
  while (!created(file, mine)) {
    const now = look(file);
    if (now === undefined) continue;
    const isFirstLook = seen === undefined;
    unchanged = seen?.touched === now.touched ? unchanged + 1 : 0;
    seen = now;
    if (ownerIsGone(now.text) || unchanged >= looksUntilStale) {
      remove(file, now.text);
      continue;
    }
    if (isFirstLook) log('Another set-up is running in this clone. Waiting for it …');
    await sleep(lookEveryMs);
  }
}

// Written aside and linked, so that nobody ever sees a lock without its owner.
function created(file, text) {
  const aside = `${file}.${process.pid}`;
  writeFileSync(aside, text);
  try {
    linkSync(aside, file);
    return true;
  } catch (error) {
    if (error.code === 'EEXIST') return false;
    throw error;
  } finally {
    rmSync(aside, { force: true });
  }
}

function look(file) {
  try {
    return { text: readFileSync(file, 'utf8'), touched: statSync(file).mtimeMs };
  } catch {
    return undefined;
  }
}

function ownerIsGone(text) {
  const [owner, host] = text.trim().split(' ');
  if (host !== hostname()) return false;
  try {
    process.kill(Number(owner), 0);
    return false;
  } catch (error) {
    return error.code === 'ESRCH';
  }
}

// Two may find the same stale lock: what was moved away is looked at again, and put back when it is the other's new one.
function remove(file, staleText) {
  const aside = `${file}.stale.${process.pid}`;
  try {
    renameSync(file, aside);
    if (readFileSync(aside, 'utf8') !== staleText) linkSync(aside, file);
  } catch {
    // Somebody else removed it first, or already holds a new one.
  }
  rmSync(aside, { force: true });
}

function touch(file) {
  try {
    utimesSync(file, new Date(), new Date());
  } catch {
    // Nothing depends on one touch.
  }
}

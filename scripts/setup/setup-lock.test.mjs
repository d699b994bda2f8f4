import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { holdingSetupLock } from './setup-lock.mjs';

let folder;
let file;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'dailies-lock-'));
  file = join(folder, 'state', 'setup.lock');
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

test('a second set-up waits for the first one and says so', async () => {
  const order = [];
  let secondWaits;
  const isWaiting = new Promise((resolve) => {
    secondWaits = resolve;
  });
  const first = holdingSetupLock(() => {}, async () => {
    await isWaiting;
    order.push('first');
  }, file);
  const second = holdingSetupLock((line) => secondWaits(line), async () => order.push('second'), file);

  await Promise.all([first, second]);

  expect(await isWaiting).toContain('Another set-up is running');
  expect(order).toEqual(['first', 'second']);
  expect(existsSync(file)).toBe(false);
});

test('a lock whose process is gone is taken over without waiting', async () => {
  const gone = spawnSync(process.execPath, ['--version']).pid;
  await holdingSetupLock(() => {}, async () => {}, file);
  writeFileSync(file, `${gone} ${hostname()}\n`);

  expect(await holdingSetupLock(() => {}, async () => 'done', file)).toBe('done');
});

test('a set-up that fails gives the lock back', async () => {
  const failing = holdingSetupLock(() => {}, async () => {
    throw new Error('no network');
  }, file);

  await expect(failing).rejects.toThrow('no network');
  expect(existsSync(file)).toBe(false);
});

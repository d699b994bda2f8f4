import { existsSync } from 'node:fs';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { beforeEach, expect, onTestFinished, test, vi } from 'vitest';
import { createLog, downloadWaits } from '@dailies/queue';
import { type TestLedger, openTestLedger } from '../../../../test/support/ledger.ts';
import { NO_MOUNT, mountSmallDisk } from '../../../../test/support/small-disk.ts';
import { AssetError } from './asset-error.ts';
import { type DiskGuard, createDiskGuard } from './disk-guard.ts';

const MiB = 1024 ** 2;
const log = createLog({ level: 'silent', name: 'test' });
let folder: string;
let ledger: TestLedger;

beforeEach(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'dailies-disk-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  ledger = openTestLedger();
});

function guard(rules: { reserveBytes?: number; redisFolder?: string } = {}): DiskGuard {
  return createDiskGuard({ store: ledger.store, log, reserveBytes: rules.reserveBytes ?? 0, redisFolder: rules.redisFolder ?? null });
}

async function faultOf(check: Promise<void>): Promise<AssetError> {
  return check.then(() => Promise.reject(new Error('there was room')), (error: unknown) => error as AssetError);
}

test('a folder is made, and what it lacks is said in GiB with the remedy', async () => {
  const room = guard().room(path.join(folder, 'a', 'b'));
  await room.check(0);
  expect(existsSync(room.folder)).toBe(true);
  const fault = await faultOf(guard({ reserveBytes: 2 ** 50 }).room(folder).check(0));
  expect(fault).toMatchObject({ cause: 'disk', message: expect.stringMatching(/has \d+\.\d\d GiB free, and 1048576\.00 GiB are to stay free.*Make room/) as unknown });
});

test('two downloads do not count on the same room, and who leaves gives it back', async ({ skip }) => {
  skip(mountSmallDisk(folder, '16m') === null, NO_MOUNT);
  const disks = guard({ reserveBytes: 4 * MiB });
  const first = disks.room(folder);
  const second = disks.room(folder);
  await first.check(8 * MiB);
  expect(await faultOf(second.check(8 * MiB))).toMatchObject({ neededBytes: 8 * MiB });
  await second.check(2 * MiB);
  first.leave();
  await second.check(8 * MiB);
});

test('the disk of the embedded Redis keeps twice its file free, wherever the results go', async ({ skip }) => {
  const disk = mountSmallDisk(folder, '1m');
  if (disk === null) return skip(NO_MOUNT);
  const results = await mkdtemp(path.join(os.tmpdir(), 'dailies-results-'));
  onTestFinished(() => rm(results, { recursive: true, force: true }));
  await ledger.redis.set(ledger.store.keys.image('0'.repeat(64)), Buffer.alloc(MiB));
  const disks = guard({ redisFolder: folder });
  const fault = await faultOf(disks.room(results).check(0));
  expect(fault.message).toContain(folder);
  await disks.hold(results, 'g1', fault);
  await disks.look();
  expect(await downloadWaits(ledger.store)).toHaveLength(1);
  disk.resize('2g');
  await disks.look();
  expect(await downloadWaits(ledger.store)).toEqual([]);
  // A look of a moment ago will do for a download.
  await expect.poll(() => disks.room(results).check(0)).toBeUndefined();
  vi.spyOn(ledger.redis, 'info').mockResolvedValue(`aof_current_size:${2 ** 31}\r\n`);
  await disks.look();
  expect((await faultOf(disks.room(results).check(0))).message, 'the file of Redis has grown').toContain('4.00 GiB are to stay free');
});

test('a Redis whose folder is not here is elsewhere, and its disk is not ours to judge', async () => {
  await guard({ redisFolder: path.join(folder, 'elsewhere') }).room(folder).check(0);
});

test('a folder is used again once there is room for the largest file that waits, and the disk takes it', async ({ skip }) => {
  skip(mountSmallDisk(folder, '32m') === null, NO_MOUNT);
  const disks = guard();
  // In one moment: a large file does not count on what was free before it.
  const fault = await later(0, async () => {
    const room = disks.room(folder);
    await room.check(MiB);
    room.leave();
    await writeFile(path.join(folder, 'another'), Buffer.alloc(20 * MiB));
    return faultOf(disks.room(folder).check(16 * MiB));
  });
  await disks.hold(folder, 'large', fault);
  await disks.hold(folder, 'small', new AssetError('disk', fault.message, { neededBytes: 1 }));
  expect(await isUsedAgain(disks)).toBe(false);
  await rm(path.join(folder, 'another'));
  expect(await isUsedAgain(disks)).toBe(true);

  await disks.hold(folder, 'small', new AssetError('disk', fault.message, { neededBytes: 0 }));
  await writeFile(path.join(folder, 'another'), Buffer.alloc(40 * MiB)).catch(() => undefined);
  expect(await isUsedAgain(disks), 'it takes not even the probe').toBe(false);
  await rm(path.join(folder, 'another'));
  expect(await isUsedAgain(disks)).toBe(true);
});

test('a folder that has refused a write for want of room is not believed at once, and one that no download comes back to is forgotten', async () => {
  const disks = guard();
  await disks.hold(folder, 'g1', new AssetError('disk', 'The quota is full.', { code: 'EDQUOT' }));
  expect(await isUsedAgain(disks), 'a full quota may take a probe').toBe(false);
  expect(await isUsedAgain(disks, 16_000)).toBe(true);

  const blocked = path.join(folder, 'file', 'out');
  await writeFile(path.dirname(blocked), 'a file in the way');
  const hold = () => disks.hold(blocked, 'g1', new AssetError('disk', 'It is no folder.'));
  await hold();
  await later(500_000, hold);
  expect(await isUsedAgain(disks, 700_000), 'it came back since').toBe(false);
  expect(await isUsedAgain(disks, 1_101_000)).toBe(true);
});

async function isUsedAgain(disks: DiskGuard, afterMs = 0): Promise<boolean> {
  await later(afterMs, () => disks.look());
  return (await downloadWaits(ledger.store)).length === 0;
}

async function later<Result>(ms: number, act: () => Promise<Result>): Promise<Result> {
  const clock = vi.spyOn(Date, 'now').mockReturnValue(Date.now() + ms);
  return act().finally(() => clock.mockRestore());
}

test('what waits is told once, comes back slower the more of it there is, and is over when the folder can be used', async () => {
  const blocked = path.join(folder, 'out');
  await writeFile(blocked, 'a file in the way');
  const disks = guard();
  const fault = await faultOf(disks.room(blocked).check(0));
  expect(fault.cause).toBe('disk');
  expect(await disks.hold(blocked, 'g1', fault)).toEqual({ ms: 3_000, isNew: true });
  expect(await disks.hold(blocked, 'g1', fault)).toEqual({ ms: 3_000, isNew: false });
  for (let at = 0; at < 999; at += 1) await disks.hold(blocked, `more-${at}`, fault);
  expect((await disks.hold(blocked, 'g1', fault)).ms).toBe(100_000);
  await disks.look();
  expect(await downloadWaits(ledger.store)).toMatchObject([{ folder: blocked, reason: fault.message }]);
  await disks.hold(blocked, 'g1', new AssetError('disk', 'The disk is mounted read-only.', { code: 'EROFS' }));
  const clock = vi.spyOn(Date, 'now').mockReturnValue(Date.now() + 11_000);
  await disks.look().finally(() => clock.mockRestore());
  expect(await downloadWaits(ledger.store)).toMatchObject([{ reason: 'The disk is mounted read-only.' }]);
  await rm(blocked);
  await disks.look();
  expect(await downloadWaits(ledger.store)).toEqual([]);
  expect(await readdir(blocked), 'the probe').toEqual([]);
});

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';
import { loadConfig, speak } from '@dailies/queue';
import { openTestLedger } from '../../../../test/support/ledger.ts';
import { checkDisks, checkWorkersClocks, clockFinding, diskFinding } from './machine.ts';

test('a clock that is off is wrong, in either direction', () => {
  expect(clockFinding('This clock', 300).level).toBe('ok');
  expect(clockFinding('This clock', 7_000)).toMatchObject({ level: 'error', what: expect.stringContaining('7.0 s ahead of') });
  expect(clockFinding('This clock', 3_600_000).what).toContain('60 min ahead of');
  expect(clockFinding('This clock', -7_000)).toMatchObject({ level: 'error', what: expect.stringContaining('7.0 s behind') });
});

test('the clock of a worker on another machine is wrong as well', async () => {
  const { store } = openTestLedger();
  await speak(store, 'right', { unanswered: {} });
  await speak(store, 'wrong', { unanswered: {}, clockAheadMs: -3 * 3_600_000 });
  expect(await checkWorkersClocks(store)).toEqual([
    expect.objectContaining({ level: 'error', about: 'clock', what: expect.stringContaining('The clock of the worker wrong is 3.0 h behind that of Redis') }),
  ]);
});

test('a disk with less than what is to stay free is wrong and says what to do', () => {
  const kept = 1024 ** 3;
  expect(diskFinding('results', '/out', 2 * kept, kept).level).toBe('ok');
  expect(diskFinding('results', '/out', 100, kept)).toMatchObject({
    level: 'error',
    what: expect.stringContaining('downloads wait'),
    remedy: expect.stringContaining('OUT_DIR'),
  });
});

test.each(['OUT_DIR', 'DAILIES_DIR'])('a folder that is none is a finding, wherever Redis is, and no crash of the doctor: %s', async (name) => {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'dailies-doctor-'));
  const file = path.join(folder, 'file');
  await writeFile(file, '');
  const config = loadConfig({ DISK_RESERVE_BYTES: '1', [name]: path.join(file, 'below'), REDIS_URL: 'redis://127.0.0.1:1' }, { root: folder, cwd: folder });
  const wrong = (await checkDisks(config)).filter(({ level }) => level !== 'ok');
  expect(wrong).toEqual([expect.objectContaining({ level: 'error', about: 'disk', what: expect.stringContaining(`${file}/below) cannot be used`) })]);
  await rm(folder, { recursive: true });
});

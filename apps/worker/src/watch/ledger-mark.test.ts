import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { createLog, loadConfig } from '@dailies/queue';
import { openTestLedger } from '../../../../test/support/ledger.ts';
import { createLedgerMark } from './ledger-mark.ts';

test('a mark that cannot be written, on a full disk, is tried again every second, and no try leaves a file behind', async () => {
  const { store } = openTestLedger();
  const folder = await mkdtemp(path.join(os.tmpdir(), 'dailies-mark-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  // A folder in its place refuses it as surely as a disk does.
  const name = `ledger-mark.${store.keys.tag}`;
  await mkdir(path.join(folder, name, 'full'), { recursive: true });
  const mark = createLedgerMark({ config: loadConfig({ DAILIES_DIR: folder }, { root: folder, cwd: folder }), store, log: createLog({ level: 'silent', name: 'test' }) });
  await expect(mark.start()).rejects.toThrow('EISDIR');
  await expect(mark.advance()).rejects.toThrow('EISDIR');
  expect(await readdir(folder)).toEqual([name]);
});

test('a ledger that is not the remembered one is told once, as an error: `run` shows nothing less, and is about to pay', async () => {
  const { store } = openTestLedger();
  const folder = await mkdtemp(path.join(os.tmpdir(), 'dailies-mark-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  await writeFile(path.join(folder, `ledger-mark.${store.keys.tag}`), 'some-other-ledger 0 5-0');
  const log = createLog({ level: 'silent', name: 'test' });
  const errors = vi.spyOn(log, 'error');
  const start = () => createLedgerMark({ config: loadConfig({ DAILIES_DIR: folder }, { root: folder, cwd: folder }), store, log }).start();
  await start();
  await start();
  expect(errors.mock.calls).toEqual([[expect.stringContaining('another ledger than the one that DAILIES_DIR remembers')]]);
});

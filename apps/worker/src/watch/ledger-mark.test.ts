import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
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

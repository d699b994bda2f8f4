import { createHash } from 'node:crypto';
import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { openFolderStore } from './folder-store.ts';
import { verifyFile } from './verify-file.ts';

it('tells a file that is as it was stored from a damaged and a missing one', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'dailies-verify-'));
  const path = join(folder, 'g1.mp4');
  const stored = { sha256: createHash('sha256').update('film').digest('hex'), bytes: 4 };
  await writeFile(path, 'film');
  expect(await verifyFile(path, stored)).toBe('ok');
  await writeFile(path, 'fil!');
  expect(await verifyFile(path, stored)).toBe('damaged');
  await writeFile(path, 'film and more');
  expect(await verifyFile(path, stored)).toBe('damaged');
  expect(await verifyFile(folder, stored)).toBe('damaged');
  expect(await verifyFile(join(folder, 'g2.mp4'), stored)).toBe('missing');
  expect(await verifyFile(join(path, 'below'), stored)).toBe('missing');
  await rm(folder, { recursive: true });
});

it('says in words of reading that a file cannot be read, whoever asks: it is not known to be damaged', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'dailies-verify-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const path = join(folder, 'g1.mp4');
  // A link to itself: nobody can read it, whoever they are.
  await symlink(path, path);
  const fault = { name: 'StoreError', cause: 'disk', code: 'ELOOP', message: `${path} cannot be read (ELOOP).` };
  const store = openFolderStore(folder);
  await expect(store.verify(folder, 'g1.mp4', { sha256: '', bytes: 4 })).rejects.toMatchObject(fault);
  await expect(store.standing(folder, 'g1.mp4')).rejects.toMatchObject(fault);
  await expect(store.stat(folder, 'g1.mp4')).rejects.toMatchObject(fault);
  await expect(store.read(folder, 'g1.mp4')).rejects.toMatchObject(fault);
});

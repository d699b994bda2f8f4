import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { verifyFile } from './folder-store.ts';

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

import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { claimFolder } from './claim-folder.ts';

let parent: string;
let folder: string;
beforeEach(async () => {
  parent = await mkdtemp(path.join(tmpdir(), 'dailies-claim-'));
  folder = path.join(parent, 'cats');
});
afterEach(() => rm(parent, { recursive: true, force: true }));

test('a real run moves simulated results aside, so that none of them can pass for a real one', async () => {
  await claimFolder(folder, true);
  await writeFile(path.join(folder, 'g1.mp4'), 'sample');
  expect(await claimFolder(folder, false)).toBe(`${folder}-simulated`);
  expect(await readdir(parent)).toEqual(['cats-simulated']);
  await claimFolder(folder, true);
  expect(await claimFolder(folder, false)).toBe(`${folder}-simulated-2`);
});

test('a real run finds nothing to move in its own folder, nor where none is', async () => {
  expect(await claimFolder(folder, false)).toBeNull();
  expect(await claimFolder(parent, false)).toBeNull();
});

test('a simulated run keeps out of a folder with real results, and goes on in its own', async () => {
  await writeFile(path.join(parent, 'manifest.jsonl'), '');
  await expect(claimFolder(parent, true)).rejects.toThrow('--out');
  await claimFolder(folder, true);
  await writeFile(path.join(folder, 'manifest.jsonl'), '');
  expect(await claimFolder(folder, true)).toBeNull();
});

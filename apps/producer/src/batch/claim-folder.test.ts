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

test('a folder that holds more than simulated results is never moved aside: it may be the one a person works in', async () => {
  await claimFolder(folder, true);
  await writeFile(path.join(folder, 'prompts.txt'), 'a red fox');
  await expect(claimFolder(folder, false)).rejects.toThrow(/prompts\.txt.*another folder/);
  expect(await readdir(parent)).toEqual(['cats']);
});

test('a simulated run keeps out of a folder whose first real video has no manifest yet', async () => {
  await writeFile(path.join(parent, 'g1.mp4'), 'real');
  await expect(claimFolder(parent, true)).rejects.toThrow('real results');
});

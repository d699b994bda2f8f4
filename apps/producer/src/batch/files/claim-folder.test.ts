import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { claimFolder } from './claim-folder.ts';

/** What a person is told. */
async function claim(place: string, simulated: boolean): Promise<string> {
  const said: string[] = [];
  await claimFolder({ terminal: { say: (line) => void said.push(line) } }, place, simulated);
  return said.join('\n');
}

let parent: string;
let folder: string;
beforeEach(async () => {
  parent = await mkdtemp(path.join(tmpdir(), 'dailies-claim-'));
  folder = path.join(parent, 'cats');
});
afterEach(() => rm(parent, { recursive: true, force: true }));

test('a real run moves simulated results aside, so that none of them can pass for a real one', async () => {
  await claim(folder, true);
  await writeFile(path.join(folder, 'g1.mp4'), 'sample');
  await writeFile(path.join(folder, 'g1.mp4.kept-2'), 'sample');
  expect(await claim(folder, false)).toBe(`${folder} held simulated results. They are in ${folder}-simulated now.`);
  expect(await readdir(parent)).toEqual(['cats-simulated']);
  await claim(folder, true);
  expect(await claim(folder, false)).toContain(`${folder}-simulated-2`);
});

test('a real run finds nothing to move in its own folder, nor where none is', async () => {
  expect(await claim(folder, false)).toBe('');
  expect(await claim(parent, false)).toBe('');
});

test('a simulated run keeps out of a folder with real results, and goes on in its own', async () => {
  await writeFile(path.join(parent, 'manifest.jsonl'), '');
  await expect(claim(parent, true)).rejects.toThrow('--out');
  await claim(folder, true);
  await writeFile(path.join(folder, 'manifest.jsonl'), '');
  expect(await claim(folder, true)).toBe('');
});

test('a folder that holds more than simulated results is never moved aside: it may be the one a person works in', async () => {
  await claim(folder, true);
  await writeFile(path.join(folder, 'prompts.txt'), 'a red fox');
  await expect(claim(folder, false)).rejects.toThrow(/prompts\.txt.*another folder/);
  expect(await readdir(parent)).toEqual(['cats']);
});

test('a simulated run keeps out of a folder whose first real video has no manifest yet', async () => {
  await writeFile(path.join(parent, 'g1.mp4'), 'real');
  await expect(claim(parent, true)).rejects.toThrow('real results');
});

test("neither a real nor a simulated run begins in a folder with a page of a person's own, nor marks it", async () => {
  for (const name of ['index.html', 'manifest.jsonl', 'manifest.csv']) {
    await writeFile(path.join(parent, name), 'mine');
    for (const simulated of [false, true]) {
      await expect(claim(parent, simulated)).rejects.toThrow(`${path.join(parent, name)} is not of Dailies and would be replaced. Name another folder with --out`);
    }
    await rm(path.join(parent, name));
  }
  expect(await readdir(parent)).toEqual([]);
});

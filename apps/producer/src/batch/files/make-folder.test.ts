import { mkdtemp, rm, stat, symlink, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Complaint } from '../../complaint.ts';
import { makeFolder } from './make-folder.ts';

let parent: string;
beforeAll(async () => {
  parent = await mkdtemp(path.join(os.tmpdir(), 'dailies-make-folder-'));
  await writeFile(path.join(parent, 'prompts.txt'), 'a fox\n');
  await symlink(path.join(parent, 'unplugged', 'disk'), path.join(parent, 'link'));
});
afterAll(() => rm(parent, { recursive: true, force: true }));

test('a folder is made with all that leads to it, and once more is nothing new', async () => {
  const folder = path.join(parent, 'a', 'b');
  await makeFolder(folder);
  await makeFolder(folder);
  expect((await stat(folder)).isDirectory()).toBe(true);
});

test.each([
  ['prompts.txt', 'it is a file'],
  ['prompts.txt/videos', 'a part of its path is a file'],
  ['link', 'it is, or lies below, a link to what is not there'],
  ['link/videos', 'it is, or lies below, a link to what is not there'],
])('%s is refused before anything is enqueued, with the reason and the option', async (name, reason) => {
  const refused = await makeFolder(path.join(parent, name)).catch((error: unknown) => error);
  expect(refused).toBeInstanceOf(Complaint);
  expect(refused).toMatchObject({ exitCode: 2, message: expect.stringContaining(reason) as string });
  expect((refused as Complaint).message).toContain('--out');
});

test.skipIf(process.getuid?.() === 0)('one that this user may not write is refused', async () => {
  await expect(makeFolder('/dailies-may-not-write-here')).rejects.toThrow(/cannot be used: this user may not write there/);
});

import { mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { Readable } from 'node:stream';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { MOST_BYTES, readSource } from './source.ts';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'dailies-source-'));
});

afterEach(async () => {
  await rm(folder, { recursive: true });
});

test('a file of 300 MB is refused by its size, with the way out', async () => {
  const file = path.join(folder, 'large.txt');
  await writeFile(file, '');
  await truncate(file, 300 * 1024 * 1024);
  expect(await readSource({ path: file })).toEqual({ field: null, message: 'has 300 MB: more than 64 MB are not read', remedy: 'Split it into several files' });
});

test('a folder, a missing file, an unknown type and a file without one are told apart', async () => {
  const messages = [];
  for (const name of ['', 'missing.txt', 'prompts.xlsx', 'prompts.rtf', 'prompts']) {
    if (name.startsWith('prompts')) await writeFile(path.join(folder, name), 'x');
    messages.push(await readSource({ path: path.join(folder, name) }));
  }
  expect(messages).toMatchObject([
    { message: 'is a folder, not a prompt file' },
    { message: 'there is no such file' },
    { message: 'files of type ".xlsx" are not read', remedy: 'Save it as "CSV UTF-8" in the program that made it' },
    { message: 'files of type ".rtf" are not read', remedy: 'Save it as plain text (.txt, UTF-8) in the program that made it' },
    { message: 'has no extension' },
  ]);
  await writeFile(path.join(folder, 'PROMPTS.CSV'), 'x');
  expect(await readSource({ path: path.join(folder, 'PROMPTS.CSV') }), 'as some programs write it').toMatchObject({ format: 'csv' });
});

test.skipIf(process.getuid?.() === 0)('a file that may not be read is said to be so', async () => {
  const file = path.join(folder, 'secret.txt');
  await writeFile(file, 'x', { mode: 0o000 });
  expect(await readSource({ path: file })).toMatchObject({ message: 'may not be read by this user' });
});

test('stdin is read to its end, and refused when it does not end in time', async () => {
  expect(await readSource({ stdin: Readable.from(['a', Buffer.from('b')]) })).toMatchObject({ bytes: Buffer.from('ab'), format: null });
  const endless = Readable.from(
    (function* () {
      const chunk = Buffer.alloc(MOST_BYTES / 4);
      for (;;) yield chunk;
    })(),
  );
  expect(await readSource({ stdin: endless })).toMatchObject({ message: 'sends too much: more than 64 MB are not read' });
});

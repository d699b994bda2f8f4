import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { copyResult } from './copy.ts';
import { openResults } from './results.ts';

test('a copy that is stopped is no fault of the disk, and leaves nothing behind; one that is not keeps what had its name', async () => {
  const outFolder = await mkdtemp(path.join(tmpdir(), 'dailies-copy-'));
  onTestFinished(() => rm(outFolder, { recursive: true, force: true }));
  const results = openResults({ outFolder, s3: null });
  const [from, to] = [results.place('from'), results.place('to')];
  const bytes = randomBytes(1_000);
  await results.at(from).prepare(from);
  await writeFile(path.join(from, 'g1.mp4'), bytes);
  const stored = { file: 'g1.mp4', sha256: createHash('sha256').update(bytes).digest('hex'), bytes: bytes.length };

  await expect(copyResult(results, stored, { from, to }, AbortSignal.abort())).rejects.toMatchObject({ name: 'StoreError', cause: 'aborted' });
  expect(await readdir(to)).toEqual([]);

  await writeFile(path.join(to, 'g1.mp4'), 'my own');
  expect(await copyResult(results, stored, { from, to })).toBe(true);
  expect(await readFile(path.join(to, 'g1.mp4.kept'), 'utf8')).toBe('my own');
  expect(await results.at(to).verify(to, 'g1.mp4', stored)).toBe('ok');
});

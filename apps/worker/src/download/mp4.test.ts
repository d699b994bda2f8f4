import { mkdtemp, open, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { readMp4, type Mp4Facts } from './mp4.ts';
import { box, tinyMp4 } from './testing/tiny-mp4.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dailies-mp4-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function read(bytes: Buffer): Promise<Mp4Facts> {
  const path = join(folder, 'a.mp4');
  await writeFile(path, bytes);
  const file = await open(path);
  try {
    return await readMp4(file);
  } finally {
    await file.close();
  }
}

it('reads duration and size from short and long headers', async () => {
  const facts = { durationSeconds: 5, width: 1280, height: 720 };
  expect(await read(tinyMp4())).toEqual(facts);
  expect(await read(tinyMp4({ long: true }))).toEqual(facts);
  expect(await read(tinyMp4({ openEnded: true }))).toEqual(facts);
});

it('turns the size of a video that is stored lying down', async () => {
  expect(await read(tinyMp4({ turned: true }))).toMatchObject({ width: 720, height: 1280 });
});

it('says nothing about what the headers do not say', async () => {
  expect(await read(tinyMp4({ durationSeconds: 0, width: 0 }))).toEqual({});
  expect(await read(Buffer.concat([box('ftyp', Buffer.alloc(4)), box('moov', box('mvhd', Buffer.alloc(3))), box('mdat', Buffer.alloc(1))]))).toEqual({});
});

it('finds every cut', async () => {
  const whole = tinyMp4({ mediaBytes: 50 });
  for (let length = 0; length < whole.length; length += 1) {
    await expect(read(whole.subarray(0, length)), `${length} bytes`).rejects.toThrow(/^its |^it has no /);
  }
});

it('refuses boxes that are shorter than their header or that never end', async () => {
  await expect(read(Buffer.concat([tinyMp4(), Buffer.from([0, 0, 0, 4]), Buffer.from('free')]))).rejects.toThrow('shorter than its own header');
  const endless = box('mdat', Buffer.alloc(0), true);
  endless.fill(255, 8);
  await expect(read(Buffer.concat([tinyMp4(), endless]))).rejects.toThrow('after the file does');
});

import { mkdtemp, open, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { BrokenMp4 } from './mp4-boxes.ts';
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

it('reads what a real encoder has written', async () => {
  const fixture = new URL('../../../simulator/fixtures/sierpinski-wide.mp4', import.meta.url);
  expect(await read(await readFile(fixture))).toEqual({ durationSeconds: 3, width: 388, height: 164 });
});

it('takes the duration of a fragmented video from where it stands', async () => {
  const extends5s = box('mvex', box('mehd', Buffer.from('0000000000001388', 'hex')));
  const header = box('mvhd', Buffer.concat([Buffer.alloc(12), Buffer.from('000003e800000000', 'hex'), Buffer.alloc(80)]));
  const file = Buffer.concat([box('ftyp', Buffer.alloc(8)), box('moov', Buffer.concat([header, extends5s])), box('moof', Buffer.alloc(8)), box('mdat', Buffer.alloc(9))]);
  expect(await read(file)).toEqual({ durationSeconds: 5 });
});

it('makes no table as long as a stranger says it is, and nests no deeper than it can', async () => {
  const fourBillionSamples = box('stsz', Buffer.from('0000000000000001ffffffff', 'hex'));
  const track = box('trak', box('mdia', box('minf', box('stbl', fourBillionSamples))));
  expect(await read(withMovie(track))).toEqual({});
  let nested: Buffer = Buffer.alloc(0);
  for (let depth = 0; depth < 5_000; depth += 1) nested = box('trak', nested);
  expect(await read(withMovie(nested))).toEqual({});
});

it('survives every broken byte of a movie box', async () => {
  const whole = tinyMp4({ mediaBytes: 8 });
  const end = whole.indexOf('mdat') - 4;
  for (let at = 28; at < end; at += 1) {
    const broken = Buffer.from(whole);
    broken[at] = 0xff;
    await read(broken).catch((error: unknown) => expect(error).toBeInstanceOf(BrokenMp4));
  }
});

function withMovie(content: Buffer): Buffer {
  return Buffer.concat([box('ftyp', Buffer.alloc(8)), box('moov', content), box('mdat', Buffer.alloc(1))]);
}

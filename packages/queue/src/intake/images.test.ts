import { mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { imageReference } from '../ledger/images.ts';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openImages } from './images.ts';

const PNG = Buffer.concat([Buffer.from('\u0089PNG\r\n\u001a\n', 'latin1'), Buffer.from('rest')]);
const JPEG = Buffer.from([0xff, 0xd8, 0xff, 0xe0]);
const WEBP = Buffer.from('RIFF\u0001\u0002\u0003\u0004WEBPVP8 ', 'latin1');

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'dailies-images-'));
  await writeFile(path.join(folder, 'a.png'), PNG);
});

afterEach(async () => {
  await rm(folder, { recursive: true });
});

describe('an image', () => {
  test('of a file is its content, however its path is written', () => {
    const images = openImages(folder);
    const value = imageReference(PNG);
    const file = path.join(folder, 'a.png');
    for (const text of ['a.png', './a.png', file, pathToFileURL(file).href, `data:image/png;base64,${PNG.toString('base64')}`]) {
      expect(images.take(text)).toMatchObject({ value, image: { contentType: 'image/png' } });
    }
    expect(images.take('a.png')).toHaveProperty('image.bytes', PNG);
  });

  test('of the same content is the same object, to be stored once', async () => {
    await writeFile(path.join(folder, 'copy.png'), PNG);
    const images = openImages(folder);
    const [first, second] = [images.take('a.png'), images.take('copy.png')];
    expect('image' in first && 'image' in second && first.image === second.image).toBe(true);
  });

  test('is known by its first bytes, not by its name', async () => {
    await writeFile(path.join(folder, 'jpeg.png'), JPEG);
    await writeFile(path.join(folder, 'webp.png'), WEBP);
    await writeFile(path.join(folder, 'text.png'), 'hello');
    const images = openImages(folder);
    expect(images.take('jpeg.png')).toHaveProperty('image.contentType', 'image/jpeg');
    expect(images.take('webp.png')).toHaveProperty('image.contentType', 'image/webp');
    expect(images.take('text.png')).toMatchObject({ message: '"text.png" is not a JPEG, PNG or WebP image' });
  });

  test('by link stays a link', () => {
    expect(openImages(folder).take('https://example.com/a.png')).toEqual({ value: 'https://example.com/a.png' });
  });

  test('that is missing, a folder, too large, no Base64 or named by hash is refused with a remedy', async () => {
    await writeFile(path.join(folder, 'large.png'), PNG);
    await truncate(path.join(folder, 'large.png'), 10 * 1024 * 1024 + 1);
    const images = openImages(folder);
    expect(images.take('no.png')).toMatchObject({ message: 'there is no file "no.png"', remedy: expect.stringContaining(folder) });
    expect(images.take('www.example.com/a.png')).toMatchObject({ remedy: expect.stringContaining('. Write https:// before it if it is a link') });
    expect(images.take('../no.png')).not.toMatchObject({ remedy: expect.stringContaining('link') });
    expect(images.take('.')).toMatchObject({ message: '"." is not a file' });
    expect(images.take('large.png')).toMatchObject({ message: '"large.png" has more than 10 MB' });
    expect(images.take('data:image/png,hello')).toMatchObject({ message: 'the data: URI is not Base64' });
    expect(images.take(imageReference(PNG))).toMatchObject({ message: 'names a stored image by its hash' });
    expect(images.take('')).toMatchObject({ message: 'is empty' });
  });

  test('that changes before it is stored is not stored as another', async () => {
    const taken = openImages(folder).take('a.png');
    await writeFile(path.join(folder, 'a.png'), JPEG);
    expect(() => 'image' in taken && taken.image?.bytes).toThrow('changed while it was being taken in');
  });

  test('of a request over HTTP never names a file of the server', () => {
    const images = openImages(null);
    expect(images.take(path.join(folder, 'a.png'))).toMatchObject({ remedy: 'Give an http(s) URL or a data: URI' });
    expect(images.take(pathToFileURL(path.join(folder, 'a.png')).href)).toHaveProperty('message');
  });
});

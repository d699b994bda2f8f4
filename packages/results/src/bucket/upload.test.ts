import { createHash } from 'node:crypto';
import { mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { StoreError } from '../store-error.ts';
import { uploadInPieces } from './upload.ts';

const BYTES = 40 * 1024 ** 2;

test('a piece that fails while the next one is read from the disk ends the upload: nothing is finished without it', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'dailies-upload-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const file = path.join(folder, 'g1.mp4.t1.part');
  await writeFile(file, '');
  await truncate(file, BYTES);
  const sha256 = createHash('sha256').update(Buffer.alloc(BYTES)).digest('hex');
  const asked: string[] = [];
  let endFirst: () => void = () => undefined;

  const uploading = uploadInPieces(
    {
      begin: async () => 'upload',
      sendPiece(_at, _upload, number) {
        asked.push(`piece ${number}`);
        if (number > 2) return Promise.resolve({ etag: String(number) });
        return new Promise((resolve, reject) => {
          if (number === 1) endFirst = () => resolve({ etag: '1' });
          else void failWhileReading(reject);
        });
      },
      async finish() {
        asked.push('finish');
        return 'stored';
      },
      async abandon() {
        asked.push('abandon');
      },
    },
    { bucket: 'films', key: 'g1.mp4' },
    { part: { path: file, sha256, bytes: BYTES, contentType: 'video/mp4' }, tags: {}, condition: 'absent', signal: undefined },
  );

  /** The place of the first piece is free, and the third one is asked of the disk, which answers in a later turn. */
  async function failWhileReading(fail: (error: Error) => void): Promise<void> {
    endFirst();
    for (let tick = 0; tick < 50; tick += 1) await Promise.resolve();
    fail(new StoreError('unavailable', 'The bucket films is away.'));
  }

  await expect(uploading).rejects.toThrow('is away');
  expect(asked).not.toContain('finish');
  expect(asked.at(-1)).toBe('abandon');
});

test('an upload is finished with the bytes that were written to the part and where nobody was first, and else ended', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'dailies-upload-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const file = path.join(folder, 'g1.mp4.t1.part');
  await writeFile(file, 'a film');
  const sha256 = createHash('sha256').update('a film').digest('hex');
  const asked: string[] = [];
  const upload = (facts: { sha256?: string; bytes?: number }, piece: { etag: string } | 'gone' = { etag: '1' }) => {
    const ask = <Answer>(word: string, answer: Answer) => async () => (asked.push(word), answer);
    const client = { begin: async () => 'upload', sendPiece: ask('piece', piece), finish: ask('finish', 'taken' as const), abandon: ask('abandon', undefined) };
    const part = { path: file, sha256, bytes: 6, contentType: 'video/mp4', ...facts };
    return uploadInPieces(client, { bucket: 'films', key: 'g1.mp4' }, { part, tags: {}, condition: 'absent', signal: undefined });
  };

  await expect(upload({ sha256: 'of what was written' })).rejects.toThrow('the disk gave back other bytes');
  await expect(upload({ bytes: 7 })).rejects.toThrow('is shorter than what was written');
  expect(await upload({}, 'gone'), 'ended by a delivery that was first').toBe('gone');
  expect(asked.splice(0)).toEqual(['piece', 'abandon', 'abandon', 'piece']);
  expect(await upload({})).toBe('taken');
  expect(asked).toEqual(['piece', 'finish', 'abandon']);
});

import { createHash } from 'node:crypto';
import { expect, it } from 'vitest';
import { createStreamHash } from './hash-thread.ts';

it('hashes many streams at once, each by itself, and forgets the dropped ones', async () => {
  const pieces = Array.from({ length: 20 }, (_, at) => Buffer.alloc(10_000 + at, `piece ${at}`));
  const streams = pieces.map((own) => ({ own, hash: createStreamHash() }));
  await Promise.all(streams.map(({ own, hash }) => hash.update([own.subarray(0, 100), own.subarray(100)])));
  streams[0]?.hash.drop();
  const digests = await Promise.all(streams.slice(1).map(({ hash }) => hash.digest()));
  expect(digests).toEqual(pieces.slice(1).map((own) => createHash('sha256').update(own).digest('hex')));
  expect(await createStreamHash().digest()).toBe(createHash('sha256').digest('hex'));
});

it('copies what it is given: whoever gave it may write over it', async () => {
  const bytes = Buffer.from('before');
  const hash = createStreamHash();
  const counted = hash.update([bytes]);
  bytes.write('after!');
  await counted;
  expect(await hash.digest()).toBe(createHash('sha256').update('before').digest('hex'));
});

it('refuses a checksum that was begun on a thread that has ended: never that of the rest alone', async () => {
  const begun = createStreamHash();
  await begun.update([Buffer.from('the first half, ')]);
  // It cannot be hashed, and takes the thread with it.
  await expect(createStreamHash().update([null as unknown as Uint8Array])).rejects.toThrow();
  await expect(begun.update([Buffer.from('the second')])).rejects.toThrow('has ended');
  await expect(begun.digest()).rejects.toThrow('has ended');
  begun.drop();
  expect(await createStreamHash().digest()).toBe(createHash('sha256').digest('hex'));
});

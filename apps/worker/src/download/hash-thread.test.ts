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

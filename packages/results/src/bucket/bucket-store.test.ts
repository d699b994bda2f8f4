import { Readable } from 'node:stream';
import { expect, test } from 'vitest';
import type { BucketClient } from './bucket-client.ts';
import { openBucketStore } from './bucket-store.ts';

test('a bucket that breaks off while an object of somebody else is read is away, and nothing is known of the object', async () => {
  const facts = { bytes: 4, etag: '"e"', modifiedAt: 0, tags: {} };
  const broken = new Readable({ read() { this.destroy(Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET', syscall: 'read' })); } });
  const client = { head: async () => facts, get: async () => ({ ...facts, body: broken }) } as unknown as BucketClient;
  const settings = { bucket: 'films', region: 'eu', prefix: '', pathStyle: true, keys: null };
  const store = openBucketStore({ settings, staging: '/nowhere', client: async () => client });
  await expect(store.verify('s3://films/fox', 'g1.mp4', { sha256: 'a', bytes: 4 })).rejects.toMatchObject({ name: 'StoreError', cause: 'unavailable', code: 'ECONNRESET' });
});

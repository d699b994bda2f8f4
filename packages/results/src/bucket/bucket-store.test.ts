import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Readable } from 'node:stream';
import { expect, onTestFinished, test } from 'vitest';
import { StoreError } from '../store-error.ts';
import type { BucketClient } from './bucket-client.ts';
import { openBucketStore } from './bucket-store.ts';
import { openSdkClient } from './sdk-client.ts';

test('a bucket that breaks off while an object of somebody else is read is away, and nothing is known of the object', async () => {
  const facts = { bytes: 4, etag: '"e"', modifiedAt: 0, tags: {} };
  const broken = () => new Readable({ read() { this.destroy(Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET', syscall: 'read' })); } });
  const client = { head: async () => facts, get: async () => ({ ...facts, body: broken() }) } as unknown as BucketClient;
  const settings = { bucket: 'films', region: 'eu', prefix: '', pathStyle: true, keys: null };
  const store = openBucketStore({ settings, staging: '/nowhere', client: async () => client });
  const away = { name: 'StoreError', cause: 'unavailable', code: 'ECONNRESET' };
  await expect(store.verify('s3://films/fox', 'g1.mp4', { sha256: 'a', bytes: 4 })).rejects.toMatchObject(away);
  await expect(store.read('s3://films/fox', 'g1.mp4').then((reading) => reading?.body.toArray())).rejects.toMatchObject(away);
});

test('an object of another length is not the file, whatever checksum it was stored with: something has cut it since', async () => {
  const staging = await mkdtemp(path.join(tmpdir(), 'dailies-bucket-'));
  onTestFinished(() => rm(staging, { recursive: true, force: true }));
  const conditions: string[] = [];
  const client = {
    head: async () => ({ bytes: conditions.length === 0 ? 3 : 4, etag: '"e"', modifiedAt: 0, tags: { sha256: 'a' } }),
    put: async (_at: unknown, _part: unknown, condition: string) => (conditions.push(condition), 'stored'),
  } as unknown as BucketClient;
  const store = openBucketStore({ settings: { bucket: 'films', region: 'eu', prefix: '', pathStyle: true, keys: null }, staging, client: async () => client });
  expect(await store.verify('s3://films/fox', 'g1.mp4', { sha256: 'a', bytes: 4 })).toBe('damaged');
  const part = { path: path.join(staging, 'g1.mp4.t1.part'), sha256: 'a', bytes: 4, contentType: 'video/mp4' };
  expect(await store.put('s3://films/fox', 'g1.mp4', part)).toMatchObject({ sha256: 'a', bytes: 4 });
  expect(conditions).toEqual(['always']);
});

test('after a put that failed nothing is prepared before the bucket has taken a small object, and then without another', async () => {
  const staging = await mkdtemp(path.join(tmpdir(), 'dailies-bucket-'));
  onTestFinished(() => rm(staging, { recursive: true, force: true }));
  const asked: string[] = [];
  let isAway = true;
  const client = {
    head: async () => null,
    async put({ key }: { key: string }) {
      asked.push(`put ${key}`);
      if (isAway) throw new StoreError('unavailable', 'The bucket films is away.');
      return 'stored';
    },
    remove: async ({ key }: { key: string }) => void asked.push(`remove ${key}`),
  } as unknown as BucketClient;
  const store = openBucketStore({ settings: { bucket: 'films', region: 'eu', prefix: '', pathStyle: true, keys: null }, staging, client: async () => client });
  await store.prepare('s3://films/fox');
  const part = { path: path.join(staging, 'g1.mp4.t1.part'), sha256: 'a', bytes: 4, contentType: 'video/mp4' };
  await expect(store.put('s3://films/fox', 'g1.mp4', part)).rejects.toThrow('is away');
  await expect(store.prepare('s3://films/fox')).rejects.toThrow('is away');
  isAway = false;
  for (let time = 0; time < 2; time += 1) await store.prepare('s3://films/fox');
  const small = expect.stringMatching(/^put fox\/\.dailies-writable-/) as unknown;
  expect(asked).toEqual(['put fox/g1.mp4', small, small, asked[2]?.replace('put', 'remove')]);
});

test('a staged part that no delivery has come back for is removed with the unfinished uploads, but not before its time', async () => {
  const staging = await mkdtemp(path.join(tmpdir(), 'dailies-bucket-'));
  onTestFinished(() => rm(staging, { recursive: true, force: true }));
  const client = { unfinished: async () => [] } as unknown as BucketClient;
  const store = openBucketStore({ settings: { bucket: 'films', region: 'eu', prefix: '', pathStyle: true, keys: null }, staging, client: async () => client });
  for (const name of ['fox.mp4.killed-1.part', 'fox.mp4.t2.part']) await writeFile(path.join(staging, name), 'a film');
  await utimes(path.join(staging, 'fox.mp4.killed-1.part'), 1, 1);
  expect(await store.dropUnfinished(Date.now() - 60_000)).toBe(0);
  expect(await readdir(staging)).toEqual(['fox.mp4.t2.part']);
  await rm(staging, { recursive: true });
  expect(await store.dropUnfinished(Date.now())).toBe(0);
});

test('a put that a service in trouble has not answered is sent again, once it is over, and what a lost answer has left there is ours', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'dailies-bucket-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const asked: string[] = [];
  const objects = new Map<string, { bytes: number; sha256: string }>();
  const server = createServer((request, response) => {
    const { method = '', url = '' } = request;
    const key = url.split('?', 1)[0] ?? '';
    const found = objects.get(key);
    if (method === 'HEAD') return void response.writeHead(found === undefined ? 404 : 200, found && { 'content-length': found.bytes, 'x-amz-meta-sha256': found.sha256 }).end();
    asked.push(`${method} ${key}`);
    const isFirst = asked.filter((one) => one.endsWith(key)).length === 1;
    request.resume().on('end', () => {
      if (isFirst && key.endsWith('busy.mp4')) return void response.writeHead(503).end('<Error><Code>SlowDown</Code></Error>');
      if (found !== undefined) return void response.writeHead(412).end('<Error><Code>PreconditionFailed</Code></Error>');
      objects.set(key, { bytes: Number(request.headers['content-length']), sha256: String(request.headers['x-amz-meta-sha256']) });
      if (isFirst) request.socket.resetAndDestroy();
      else response.end();
    });
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  onTestFinished(() => void server.close());
  const keys = { accessKeyId: { reveal: () => 'an-id' }, secretAccessKey: { reveal: () => 'a-secret' } };
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const settings = { endpoint, bucket: 'films', region: 'eu', prefix: '', pathStyle: true, keys };
  const client = openSdkClient(settings);
  onTestFinished(() => client.close());
  const store = openBucketStore({ settings, staging: folder, client: async () => client });
  const bytes = Buffer.alloc(300_000, 'film');
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  for (const name of ['busy.mp4', 'lost.mp4']) {
    const part = path.join(folder, `${name}.t1.part`);
    await writeFile(part, bytes);
    expect(await store.put('s3://films/fox', name, { path: part, sha256, bytes: bytes.length, contentType: 'video/mp4' })).toMatchObject({ sha256, bytes: bytes.length });
  }
  expect(asked).toEqual(['busy', 'busy', 'lost', 'lost'].map((name) => `PUT /films/fox/${name}.mp4`));
});

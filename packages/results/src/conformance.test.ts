/** One suite over both kinds of store: what is said in result-store.ts holds for a folder and for a bucket. */
import { createHash, randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, open as openFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DeleteObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { hasS3Server, startS3Server, type S3Server } from '../../../test/support/s3-server.ts';
import type { Part, ResultStore } from './result-store.ts';
import { openResults, type Results } from './results.ts';

const NAME = 'g1.mp4';
const MIB = 1024 ** 2;
const sum = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

interface Ground {
  results: Results;
  /** Puts these bytes under the name by other means than ours. */
  plant(place: string, name: string, bytes: Uint8Array): Promise<void>;
  loose(place: string, name: string): Promise<void>;
  close(): Promise<void>;
}

const KINDS: { kind: ResultStore['kind']; runs: boolean; open: () => Promise<() => Promise<Ground>> }[] = [
  { kind: 'folder', runs: true, open: async () => openFolderGround },
  { kind: 'bucket', runs: hasS3Server(), open: openBucketGround },
];

describe.each(KINDS.filter(({ runs }) => runs))('a $kind', ({ kind, open }) => {
  let nextGround: () => Promise<Ground>;
  let ground: Ground;
  let closeAll: (() => Promise<void>) | undefined;
  let store: ResultStore;
  let place: string;
  let count = 0;

  beforeAll(async () => {
    nextGround = await open();
    ground = await nextGround();
    closeAll = () => ground.close();
  });
  afterAll(() => closeAll?.());
  beforeEach(async () => {
    place = ground.results.place(`batch-${(count += 1)}`);
    store = ground.results.at(place);
    await store.prepare(place);
  });

  async function part(bytes: Uint8Array, token = 't1', name = NAME): Promise<Part> {
    const file = path.join(store.staging(place), `${name}.${token}.part`);
    await writeFile(file, bytes);
    return { path: file, sha256: sum(bytes), bytes: bytes.length, contentType: 'video/mp4', tags: { width: '1280' } };
  }

  async function content(name = NAME, range?: { start: number; end: number }): Promise<Buffer | null> {
    const reading = await store.read(place, name, range);
    return reading === null ? null : Buffer.concat(await reading.body.toArray());
  }

  it('has nothing under a name that nothing was put under', async () => {
    expect(store.kind).toBe(kind);
    expect(await store.standing(place, NAME)).toBeNull();
    expect(await store.stat(place, NAME)).toBeNull();
    expect(await store.read(place, NAME)).toBeNull();
    expect(await store.verify(place, NAME, { sha256: sum(Buffer.alloc(0)), bytes: 0 })).toBe('missing');
    await store.remove(place, NAME);
  });

  it('gives back what was put, whole and by ranges', async () => {
    const bytes = randomBytes(300_000);
    const stood = await store.put(place, NAME, await part(bytes));
    expect(stood).toMatchObject({ sha256: sum(bytes), bytes: bytes.length });
    expect(await store.standing(place, NAME)).toMatchObject({ sha256: sum(bytes), bytes: bytes.length });
    expect((await content())?.equals(bytes)).toBe(true);
    expect((await content(NAME, { start: 1_000, end: 1_999 }))?.equals(bytes.subarray(1_000, 2_000))).toBe(true);
    expect((await content(NAME, { start: bytes.length - 1, end: bytes.length - 1 }))?.length).toBe(1);
    const facts = await store.stat(place, NAME);
    expect(facts).toMatchObject({ bytes: bytes.length, etag: expect.stringMatching(/^".+"$/) });
    expect(Math.abs(Date.now() - (facts?.modifiedAt ?? 0))).toBeLessThan(60_000);
    const reading = await store.read(place, NAME, { start: 0, end: 9 });
    reading?.body.destroy();
    expect(reading).toMatchObject({ bytes: bytes.length, etag: facts?.etag });
  });

  it('keeps names with blanks, accents and signs apart', async () => {
    const names = ['a b.mp4', 'a+b.mp4', 'a%20b.mp4', 'ä#?.mp4'];
    for (const name of names) await store.put(place, name, await part(Buffer.from(name), 't1', name));
    for (const name of names) expect((await content(name))?.toString()).toBe(name);
  });

  it('tells what is as it was stored from what is damaged', async () => {
    const bytes = randomBytes(10_000);
    const stored = { sha256: sum(bytes), bytes: bytes.length };
    await store.put(place, NAME, await part(bytes));
    expect(await store.verify(place, NAME, stored)).toBe('ok');
    await ground.plant(place, NAME, bytes.subarray(1));
    expect(await store.verify(place, NAME, stored)).toBe('damaged');
    await ground.plant(place, NAME, randomBytes(10_000));
    expect(await store.verify(place, NAME, stored)).toBe('damaged');
    await ground.plant(place, NAME, bytes);
    expect(await store.verify(place, NAME, stored)).toBe('ok');
    await ground.loose(place, NAME);
    expect(await store.verify(place, NAME, stored)).toBe('missing');
  });

  it('leaves what stands and is wanted alone, and answers with it', async () => {
    const [first, second] = [randomBytes(5_000), randomBytes(6_000)];
    await store.put(place, NAME, await part(first, 't1'));
    const before = await store.stat(place, NAME);
    const stood = await store.put(place, NAME, await part(second, 't2'), { isWanted: async ({ bytes }) => bytes === 5_000 });
    expect(stood.sha256).toBe(sum(first));
    expect(await store.stat(place, NAME)).toEqual(before);
    expect((await content())?.equals(first)).toBe(true);
  });

  it('replaces what stands and is not wanted', async () => {
    const [damaged, whole] = [randomBytes(5_000), randomBytes(5_000)];
    await ground.plant(place, NAME, damaged);
    const stood = await store.put(place, NAME, await part(whole), { isWanted: async ({ sha256 }) => sha256 === sum(whole) });
    expect(stood.sha256).toBe(sum(whole));
    expect((await content())?.equals(whole)).toBe(true);
  });

  it('ends with one whole file when many put the same name at once, and tells all of them the same', async () => {
    const bodies = Array.from({ length: 6 }, (_, at) => Buffer.alloc(200_000 + at, at + 1));
    const parts = await Promise.all(bodies.map((bytes, at) => part(bytes, `t${at}`)));
    const stood = await Promise.all(parts.map((one) => store.put(place, NAME, one, { isWanted: async () => true })));
    expect(new Set(stood.map(({ sha256 }) => sha256)).size).toBe(1);
    const found = await content();
    expect(sum(found ?? Buffer.alloc(0))).toBe(stood[0]?.sha256);
    expect(bodies.some((bytes) => bytes.equals(found ?? Buffer.alloc(0)))).toBe(true);
  });

  it('leaves what is not wanted where it is told to, and has the part for another name', async () => {
    const [another, bytes] = [randomBytes(5_000), randomBytes(5_000)];
    await ground.plant(place, NAME, another);
    const ours = await part(bytes);
    const rules = { isWanted: async () => false, unwanted: () => 'leave' as const };
    expect(await store.put(place, NAME, ours, rules)).toMatchObject({ isAnothers: true, sha256: sum(another) });
    expect((await content())?.equals(another)).toBe(true);
    expect((await store.put(place, 'g1.0.mp4', ours, rules)).isAnothers).toBeUndefined();
    expect((await content('g1.0.mp4'))?.equals(bytes)).toBe(true);
  });

  it.runIf(kind === 'folder')('keeps what stands and may be a person\'s own, and moves nothing away that another delivery has put there meanwhile', async () => {
    const [own, bytes] = [randomBytes(3_000), randomBytes(5_000)];
    await mkdir(path.join(place, `${NAME}.kept`));
    await ground.plant(place, NAME, own);
    const [first, second] = [await part(randomBytes(6_000), 't1'), await part(bytes, 't2')];
    const isWanted = async () => {
      expect(await store.put(place, NAME, second, { unwanted: () => 'keep' })).toMatchObject({ kept: `${NAME}.kept-2` });
      // As the other one does with what it takes for left over.
      await rm(first.path, { force: true });
      return false;
    };
    await expect(store.put(place, NAME, first, { isWanted, unwanted: () => 'keep' })).rejects.toThrow();
    expect((await content())?.equals(bytes)).toBe(true);
    expect((await content(`${NAME}.kept-2`))?.equals(own)).toBe(true);
    expect((await readdir(place)).toSorted()).toEqual([NAME, `${NAME}.kept`, `${NAME}.kept-2`]);
  });

  it('takes a file that is larger than what it keeps in memory', async () => {
    const bytes = randomBytes(50 * MIB + 17);
    const parts = await Promise.all([part(bytes, 't1'), part(bytes, 't2')]);
    const stood = await Promise.all(parts.map((one) => store.put(place, NAME, one)));
    expect(stood.map(({ sha256 }) => sha256)).toEqual([sum(bytes), sum(bytes)]);
    expect(await store.verify(place, NAME, { sha256: sum(bytes), bytes: bytes.length })).toBe('ok');
    expect(sum((await content()) ?? Buffer.alloc(0))).toBe(sum(bytes));
    expect(await store.dropUnfinished(Date.now() + 60_000)).toBe(0);
  });

  it.runIf(kind === 'bucket')('never finishes a part that changed on the disk', async () => {
    const bytes = randomBytes(40 * MIB);
    const written = await part(bytes);
    await writeFile(written.path, randomBytes(40 * MIB));
    const [large, small] = [written, { ...(await part(randomBytes(10), 't2', 'g2.mp4')), sha256: sum(bytes) }];
    await expect(store.put(place, NAME, large)).rejects.toThrow('is not what was written to it');
    expect(await store.standing(place, NAME)).toBeNull();
    await expect(store.put(place, 'g2.mp4', small)).rejects.toThrow('cannot be used');
    expect(await store.standing(place, 'g2.mp4')).toBeNull();
  });

  it('adopts what stands when another delivery has swept its part away, and says so when nothing stands', async () => {
    for (const bytes of [randomBytes(1_000), randomBytes(33 * MIB)]) {
      const name = `${bytes.length}.mp4`;
      const [first, second] = [await part(bytes, 't1', name), await part(bytes, 't2', name)];
      await rm(second.path);
      await expect(store.put(place, name, second)).rejects.toMatchObject({ name: 'StoreError' });
      await store.put(place, name, first);
      expect((await store.put(place, name, second)).sha256).toBe(sum(bytes));
    }
  });

  it('sweeps away the parts of killed deliveries of a name, and of no other', async () => {
    await part(Buffer.from('x'), 'killed');
    await part(Buffer.from('x'), 'killed', 'g2.mp4');
    await store.removeLeftovers(place, NAME);
    expect((await readdir(store.staging(place))).filter((name) => name.endsWith('killed.part'))).toEqual(['g2.mp4.killed.part']);
    await store.put(place, 'g2.mp4', await part(Buffer.from('y'), 't2', 'g2.mp4'));
    expect((await readdir(store.staging(place))).filter((name) => name.endsWith('killed.part'))).toEqual([]);
  });

  it('exchanges a page for another at once', async () => {
    for (const text of ['one', 'two']) {
      const file = path.join(store.staging(place), `page-${text}`);
      await writeFile(file, text);
      await store.replace(place, 'index.html', { path: file, contentType: 'text/html; charset=utf-8' });
      expect((await content('index.html'))?.toString()).toBe(text);
    }
    if (kind === 'bucket') expect((await store.stat(place, 'index.html'))?.contentType).toBe('text/html; charset=utf-8');
  });

  it('removes a file, and only that one', async () => {
    await store.put(place, NAME, await part(Buffer.from('one')));
    await store.put(place, 'g10.mp4', await part(Buffer.from('ten'), 't1', 'g10.mp4'));
    await store.remove(place, NAME);
    await store.remove(place, NAME);
    expect(await store.standing(place, NAME)).toBeNull();
    expect((await content('g10.mp4'))?.toString()).toBe('ten');
  });

  it.runIf(kind === 'folder')('has a name on the disk for good before it answers', async () => {
    const handle = await openFile(place, 'r');
    const sync = vi.spyOn(Object.getPrototypeOf(handle) as typeof handle, 'sync');
    onTestFinished(() => sync.mockRestore());
    await handle.close();
    await store.put(place, NAME, await part(Buffer.from('one')));
    expect(sync).toHaveBeenCalledTimes(1);
  });

  it('has a link that opens the file without a key for a while, or says that it has none', async () => {
    await store.put(place, NAME, await part(Buffer.from('a film of ours')));
    const link = await store.link(place, NAME, 60);
    if (kind === 'folder') return expect(link).toBeNull();
    const answer = await fetch(link ?? '', { headers: { range: 'bytes=2-5' } });
    expect([answer.status, await answer.text(), answer.headers.get('content-type')]).toEqual([206, 'film', 'video/mp4']);
    // Another digit for certain: one that is put there may be the one that stood there.
    const forged = (link ?? '').replace(/X-Amz-Signature=(.)/, (_whole, digit: string) => `X-Amz-Signature=${digit === '0' ? '1' : '0'}`);
    expect((await fetch(forged)).status).toBe(403);
    expect((await fetch((link ?? '').split('?')[0] ?? '')).status).toBe(403);
  });

  it('knows how much room there is for parts, and whose places are whose', async () => {
    expect(await store.freeBytes()).toBeGreaterThan(MIB);
    expect(ground.results.isOurs(place, `batch-${count}`)).toBe(true);
    expect(ground.results.isOurs(place, 'another')).toBe(false);
    expect(ground.results.isOurs(path.join(tmpdir(), `batch-${count}`), `batch-${count}`)).toBe(false);
  });
});

it.skipIf(hasS3Server())('is not run on a bucket here: no radosgw is installed', () => undefined);

async function openFolderGround(): Promise<Ground> {
  const outFolder = await mkdtemp(path.join(tmpdir(), 'dailies-results-'));
  return {
    results: openResults({ outFolder, s3: null }),
    plant: (place, name, bytes) => writeFile(path.join(place, name), bytes),
    loose: (place, name) => rm(path.join(place, name)),
    close: () => rm(outFolder, { recursive: true, force: true }),
  };
}

async function openBucketGround(): Promise<() => Promise<Ground>> {
  const server: S3Server = await startS3Server();
  return async () => {
    const outFolder = await mkdtemp(path.join(tmpdir(), 'dailies-results-'));
    const bucket = await server.bucket();
    const { S3_ACCESS_KEY_ID: id = '', S3_SECRET_ACCESS_KEY: secret = '' } = server.environment(bucket);
    const keys = { accessKeyId: { reveal: () => id }, secretAccessKey: { reveal: () => secret } };
    const results = openResults({ outFolder, s3: { endpoint: server.endpoint, bucket, region: 'us-east-1', prefix: 'films/of mine', pathStyle: true, keys } });
    const key = (place: string, name: string): string => `${place.slice(`s3://${bucket}/`.length)}/${name}`;
    return {
      results,
      plant: async (place, name, bytes) => void (await server.client.send(new PutObjectCommand({ Bucket: bucket, Key: key(place, name), Body: bytes }))),
      loose: async (place, name) => void (await server.client.send(new DeleteObjectCommand({ Bucket: bucket, Key: key(place, name) }))),
      async close() {
        results.close();
        await rm(outFolder, { recursive: true, force: true });
        await server.close();
      },
    };
  };
}

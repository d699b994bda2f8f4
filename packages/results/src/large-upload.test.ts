/** Large files into a real bucket, by real processes: killed in the middle, and measured. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, open, rm } from 'node:fs/promises';
import { type AddressInfo, connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { CreateMultipartUploadCommand, ListMultipartUploadsCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { nodeWords } from '../../../test/support/node-words.ts';
import { hasS3Server, startS3Server, type S3Server } from '../../../test/support/s3-server.ts';
import type { Part } from './result-store.ts';
import { openResults, type Results } from './results.ts';

const MIB = 1024 ** 2;
const NAME = 'g1.mp4';
/** 1 GiB of which was measured once; a fraction shows the same in a test: more than every buffer together, many times over. */
const LARGE_MIB = Number(process.env['TEST_UPLOAD_MIB'] ?? 256);

describe.skipIf(!hasS3Server())('a large file', () => {
  let server: S3Server;
  let folder: string;
  let bucket: string;
  let results: Results;
  let keys: { id: string; secret: string };

  beforeAll(async () => {
    server = await startS3Server();
    folder = await mkdtemp(path.join(tmpdir(), 'dailies-large-'));
    bucket = await server.bucket();
    const { S3_ACCESS_KEY_ID: id = '', S3_SECRET_ACCESS_KEY: secret = '' } = server.environment(bucket);
    keys = { id, secret };
    results = openResults({ outFolder: folder, s3: { ...settings(server.endpoint), keys: { accessKeyId: { reveal: () => id }, secretAccessKey: { reveal: () => secret } } } });
  });
  afterAll(async () => {
    results?.close();
    await server?.close();
    await rm(folder, { recursive: true, force: true });
  });

  const settings = (endpoint: string) => ({ endpoint, bucket, region: 'us-east-1', prefix: 'films', pathStyle: true });

  function putProcess(part: Part, place: string, endpoint = server.endpoint): ChildProcess {
    const options = JSON.stringify({ ...keys, outFolder: folder, s3: settings(endpoint) });
    const child = spawn(process.execPath, [...nodeWords('packages/results/src/testing/put-process.ts'), options, place, NAME, part.path, part.sha256, String(part.bytes)], { stdio: ['ignore', 'pipe', 'inherit'] });
    onTestFinished(() => void child.kill('SIGKILL'));
    return child;
  }

  async function largePart(place: string, mebibytes: number): Promise<Part> {
    const store = results.at(place);
    await store.prepare(place);
    const file = path.join(store.staging(place), `${NAME}.${path.basename(place)}.part`);
    const handle = await open(file, 'w');
    const hash = createHash('sha256');
    for (let at = 0; at < mebibytes; at += 1) {
      const bytes = Buffer.alloc(MIB, `${at} of ${place} `);
      hash.update(bytes);
      await handle.write(bytes);
    }
    await handle.close();
    return { path: file, sha256: hash.digest('hex'), bytes: mebibytes * MIB, contentType: 'video/mp4' };
  }

  it('that is killed in the middle of its upload leaves nothing under its name, and the next delivery ends that upload', async () => {
    const place = results.place('killed');
    const store = results.at(place);
    const part = await largePart(place, 64);
    const gate = await openGate(server.endpoint, 20 * MIB);
    const child = putProcess(part, place, gate.endpoint);
    await gate.reached;
    child.kill('SIGKILL');
    await once(child, 'exit');
    gate.close();
    expect(await store.standing(place, NAME)).toBeNull();
    expect(await store.verify(place, NAME, part)).toBe('missing');

    await store.put(place, NAME, part);
    expect(await store.verify(place, NAME, part)).toBe('ok');
    expect(await store.dropUnfinished(Date.now() + 60_000), 'uploads left').toBe(0);
  });

  it('that is killed and never delivered again loses its upload to the sweep, but not before its time', async () => {
    const place = results.place('forgotten');
    const store = results.at(place);
    const part = await largePart(place, 64);
    const gate = await openGate(server.endpoint, 20 * MIB);
    const child = putProcess(part, place, gate.endpoint);
    await gate.reached;
    child.kill('SIGKILL');
    await once(child, 'exit');
    gate.close();
    // The pages of ten thousand prompts are large files, too.
    for (const Key of ['films/backup/monday.tar', 'films/forgotten/manifest.jsonl', 'films/_single/2026-11/index.html']) await server.client.send(new CreateMultipartUploadCommand({ Bucket: bucket, Key }));
    expect(await store.dropUnfinished(Date.now() - 3_600_000)).toBe(0);
    expect(await store.dropUnfinished(Date.now() + 60_000)).toBe(3);
    expect(await store.dropUnfinished(Date.now() + 60_000)).toBe(0);
    const { Uploads: left = [] } = await server.client.send(new ListMultipartUploadsCommand({ Bucket: bucket }));
    expect(left.map(({ Key }) => Key), 'those of other programs').toEqual(['films/backup/monday.tar']);
    expect(await store.standing(place, NAME)).toBeNull();
  });

  it(`takes no more memory for its length: ${LARGE_MIB} MiB`, async () => {
    const place = results.place('measured');
    const part = await largePart(place, LARGE_MIB);
    const child = putProcess(part, place);
    const said: string[] = [];
    child.stdout?.setEncoding('utf8').on('data', (text: string) => said.push(text));
    const [code] = (await once(child, 'close')) as [number | null];
    expect(code).toBe(0);
    const measured = JSON.parse(said.join('').trim().split('\n').at(-1) ?? '') as { beforeBytes: number; peakBytes: number; ms: number };
    if (process.env['TEST_UPLOAD_MIB'] !== undefined) process.stdout.write(`${JSON.stringify(measured)}\n`);
    expect(measured.peakBytes - measured.beforeBytes).toBeLessThan(100 * MIB);
    expect(await results.at(place).verify(place, NAME, part)).toBe('ok');
  });
});

/** A way to the server that takes this many bytes and then no more: whoever sends is in the middle of it. */
async function openGate(target: string, most: number): Promise<{ endpoint: string; reached: Promise<void>; close: () => void }> {
  const { hostname, port } = new URL(target);
  let taken = 0;
  let tell: () => void;
  const reached = new Promise<void>((resolve) => {
    tell = resolve;
  });
  const gate = createServer((socket) => {
    const onward = connect(Number(port), hostname);
    for (const end of [socket, onward]) end.on('error', () => undefined);
    onward.pipe(socket);
    socket.on('data', (bytes: Buffer) => {
      taken += bytes.length;
      if (taken > most) {
        socket.pause();
        tell();
      } else onward.write(bytes);
    });
    socket.on('close', () => onward.destroy());
  });
  gate.listen(0, '127.0.0.1');
  await once(gate, 'listening');
  return { endpoint: `http://127.0.0.1:${(gate.address() as AddressInfo).port}`, reached, close: () => void gate.close() };
}

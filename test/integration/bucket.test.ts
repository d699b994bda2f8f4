/** Results in a bucket: real workers, real Redis, a real S3-compatible service (Ceph's gateway). */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, connect, createServer } from 'node:net';
import path from 'node:path';
import { DeleteBucketPolicyCommand, GetObjectCommand, ListObjectsV2Command, PutBucketPolicyCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { downloadWaits, publicGeneration, retryGeneration } from '@dailies/queue';
import { copyResult, openResults } from '@dailies/results';
import { collect } from '../../apps/producer/src/collect/collect.ts';
import { ledgerSource } from '../../apps/producer/src/collect/ledger-source.ts';
import { findByName } from '../../apps/producer/src/lookup.ts';
import { delayedJobs } from '../support/ledger.ts';
import { nodeWords } from '../support/node-words.ts';
import { PROMPTS, oneOfEach, openRig, rigEnvironment, type Rig } from '../support/rig.ts';
import { hasS3Server, startS3Server, type S3Server } from '../support/s3-server.ts';

test('a bucket that cannot be reached is said of the download, and once of all that wait for it', async () => {
  const closed = createServer();
  await once(closed.listen(0, '127.0.0.1'), 'listening');
  const { port } = closed.address() as AddressInfo;
  closed.close();
  await once(closed, 'close');
  const rig = await openRig({}, { S3_ENDPOINT: `http://127.0.0.1:${port}`, S3_BUCKET: 'nowhere', S3_ACCESS_KEY_ID: 'test', S3_SECRET_ACCESS_KEY: 'not-a-secret-of-anybody' });
  const [id = ''] = await rig.enqueue('away', [{ provider: 'kling', ask: PROMPTS.kling }]);
  await rig.worker();
  await expect.poll(async () => publicGeneration(await rig.generation(id)).held).toContain('The bucket nowhere');
  await expect.poll(() => downloadWaits(rig.store)).toMatchObject([{ folder: 's3://nowhere', reason: expect.stringContaining('The bucket nowhere') as unknown }]);
});

test('a stop does not wait for a bucket that takes connections and never answers', async () => {
  const silent = createServer();
  onTestFinished(() => void silent.close());
  await once(silent.listen(0, '127.0.0.1'), 'listening');
  const { port } = silent.address() as AddressInfo;
  const rig = await openRig({}, { S3_ENDPOINT: `http://127.0.0.1:${port}`, S3_BUCKET: 'silent', S3_ACCESS_KEY_ID: 'test', S3_SECRET_ACCESS_KEY: 'not-a-secret-of-anybody' });
  const asked: string[] = [];
  silent.on('connection', (socket) => socket.on('error', () => undefined).on('data', (bytes: Buffer) => asked.push(bytes.toString('latin1').split(' ', 2).join(' '))));
  const worker = await rig.worker();
  const [id = ''] = await rig.enqueue('silent', [{ provider: 'kling', ask: PROMPTS.kling }]);
  // The sweep looks for unfinished uploads, the download for its file.
  await expect.poll(() => asked).toEqual(expect.arrayContaining([expect.stringMatching(/^GET .*uploads/), expect.stringMatching(/^HEAD .*mp4/)]));
  const stoppedAt = Date.now();
  await worker.stop(45_000);
  expect(Date.now() - stoppedAt).toBeLessThan(20_000);
  expect(await rig.generation(id)).toMatchObject({ state: 'downloading' });

  // Nor does a command that reads from it.
  const stopping = new AbortController();
  const results = openResults({ ...rig.config, stopping: stopping.signal });
  onTestFinished(() => results.close());
  const reading = results.store.read('s3://silent/a', 'fox.mp4').catch((error: unknown) => error);
  await expect.poll(() => asked).toContainEqual(expect.stringMatching(/^GET .*fox\.mp4/));
  stopping.abort();
  expect(await reading).toMatchObject({ name: 'StoreError', cause: 'aborted' });
});

describe.skipIf(!hasS3Server())('with a bucket', () => {
  let server: S3Server;
  beforeAll(async () => {
    server = await startS3Server();
  });
  afterAll(() => server?.close());

  const bucketRig = async (options: Parameters<typeof openRig>[0] = {}): Promise<{ rig: Rig; bucket: string }> => {
    const bucket = await server.bucket();
    return { rig: await openRig(options, { ...server.environment(bucket), S3_PREFIX: 'films' }), bucket };
  };
  const keysOf = async (bucket: string): Promise<string[]> => ((await server.client.send(new ListObjectsV2Command({ Bucket: bucket }))).Contents ?? []).map(({ Key }) => Key ?? '').toSorted();
  const bytesOf = async (bucket: string, key: string): Promise<Uint8Array> => {
    const { Body } = await server.client.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
    return (await Body?.transformToByteArray()) ?? new Uint8Array();
  };
  const sum = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
  const staged = (rig: Rig): Promise<string[]> => readdir(path.join(rig.folder, 'out'), { recursive: true });

  test('a prompt of every provider becomes a whole object, with manifest and contact sheet beside it, and nothing stays on the disk', async () => {
    const { rig, bucket } = await bucketRig();
    const ids = await rig.enqueue('all', oneOfEach());
    const worker = await rig.worker();
    await rig.reached(ids, ['succeeded', 'failed']);
    await worker.writeFolder('all');
    const files: string[] = [];
    for (const id of ids) {
      const generation = await rig.generation(id);
      expect(generation, JSON.stringify(generation.failure)).toMatchObject({ state: 'succeeded', folder: `s3://${bucket}/films/all` });
      for (const { file, sha256 } of generation.files ?? []) {
        files.push(`films/all/${file}`);
        expect(sum(await bytesOf(bucket, `films/all/${file}`))).toBe(sha256);
      }
    }
    expect(await keysOf(bucket)).toEqual(expect.arrayContaining([...files, 'films/all/index.html', 'films/all/manifest.jsonl']));
    const manifest = Buffer.from(await bytesOf(bucket, 'films/all/manifest.jsonl')).toString().trim().split('\n');
    expect(manifest.map((line) => (JSON.parse(line) as { id: string }).id)).toEqual(ids);
    await worker.stop(5_000);
    expect(await staged(rig)).toEqual(['.parts']);
  });

  test('a bucket that is away makes downloads wait with its reason, fails nothing, fetches nothing in vain, and is used again by itself', async () => {
    const { rig, bucket } = await bucketRig();
    await server.stopGateway();
    onTestFinished(() => server.startGateway());
    const ids = await rig.enqueue('away', [{ provider: 'kling', ask: PROMPTS.kling }, { provider: 'pika', ask: PROMPTS.pika }]);
    await rig.worker();
    await rig.reached(ids, ['downloading']);
    await expect.poll(async () => (await delayedJobs(rig.queues, 'download')).length).toBe(2);
    for (const id of ids) expect(publicGeneration(await rig.generation(id)).held).toMatch(/^The bucket .* is away: it cannot be reached \(ECONNREFUSED\)\. The download goes on by itself/);
    expect(rig.simulator.requests().filter(({ kind }) => kind === 'asset')).toEqual([]);

    await server.startGateway();
    await rig.reached(ids, ['succeeded', 'failed']);
    await expect.poll(() => downloadWaits(rig.store)).toEqual([]);
    for (const id of ids) {
      const generation = await rig.generation(id);
      expect(generation).toMatchObject({ state: 'succeeded', attempts: 1, round: 1 });
      expect(publicGeneration(generation).held).toBeUndefined();
    }
    expect(rig.simulator.counts()).toMatchObject({ accepted: 2 });
    expect((await keysOf(bucket)).filter((key) => key.endsWith('.mp4'))).toHaveLength(2);

    // A command ends, and does not go on by itself.
    await server.stopGateway();
    const [results, copy] = [openResults(rig.config), path.join(rig.folder, 'copy')];
    await mkdir(copy);
    const source = ledgerSource(rig.store, results, await findByName(rig.store, 'away', ''), false);
    const { missing } = await collect(source, { folder: copy, results, simulated: false, signal: new AbortController().signal });
    results.close();
    const said = expect.stringMatching(/is away: it cannot be reached \(ECONNREFUSED\)\. The same command fetches it when the bucket is back\.$/) as unknown;
    expect([...new Set(missing.map(({ why }) => why))]).toEqual([said]);
  });

  test('a bucket that takes nothing costs at most one fetch in vain, not one for every look at it', async () => {
    const { rig, bucket } = await bucketRig();
    const allow = { Effect: 'Allow', Principal: '*', Action: 's3:*', Resource: [`arn:aws:s3:::${bucket}`, `arn:aws:s3:::${bucket}/*`] };
    const deny = { Effect: 'Deny', Principal: '*', Action: 's3:PutObject', Resource: `arn:aws:s3:::${bucket}/*` };
    await server.client.send(new PutBucketPolicyCommand({ Bucket: bucket, Policy: JSON.stringify({ Version: '2012-10-17', Statement: [allow, deny] }) }));
    const [id = ''] = await rig.enqueue('refused', [{ provider: 'kling', ask: PROMPTS.kling }]);
    await rig.worker();
    await expect.poll(async () => publicGeneration(await rig.generation(id)).held).toContain('the key may not do this. It needs GetObject, PutObject');
    const [delayed] = await delayedJobs(rig.queues, 'download');
    await delayed?.promote();
    await expect.poll(async () => (await delayedJobs(rig.queues, 'download'))[0]?.attemptsStarted).toBeGreaterThan(delayed?.attemptsStarted ?? 0);
    expect(rig.simulator.requests().filter(({ kind }) => kind === 'asset').length).toBeLessThanOrEqual(1);
    expect(await rig.generation(id)).toMatchObject({ state: 'downloading' });

    await server.client.send(new DeleteBucketPolicyCommand({ Bucket: bucket }));
    await (await delayedJobs(rig.queues, 'download'))[0]?.promote();
    await rig.reached([id], ['succeeded']);
    expect(await keysOf(bucket)).toContain(`films/refused/${id}.mp4`);
    // Whoever writes the folder tries the bucket out as well, and may be at it.
    await expect.poll(async () => (await keysOf(bucket)).filter((key) => key.includes('writable'))).toEqual([]);
  });

  test('an object that was damaged is fetched again by a retry, and one that is whole is left alone', async () => {
    const { rig, bucket } = await bucketRig();
    const [id = ''] = await rig.enqueue('damaged', [{ provider: 'kling', ask: PROMPTS.kling }]);
    await rig.worker();
    await rig.reached([id], ['succeeded']);
    const before = await rig.generation(id);
    // The second one says of itself that it is whole.
    const damaged = { Bucket: bucket, Key: `films/damaged/${id}.mp4`, Body: 'no film' };
    await server.client.send(new PutObjectCommand(damaged));
    expect(await retryGeneration(rig, id, { mayPay: false, byId: true, verify: async () => false })).toMatchObject({ done: true });
    await rig.reached([id], ['succeeded', 'failed']);
    const after = await rig.generation(id);
    expect(after.files).toEqual(before.files);
    expect(sum(await bytesOf(bucket, `films/damaged/${id}.mp4`))).toBe(after.files?.[0]?.sha256);

    await server.client.send(new PutObjectCommand({ ...damaged, ContentType: 'video/mp4', Metadata: { sha256: after.files?.[0]?.sha256 ?? '' } }));
    expect(await retryGeneration(rig, id, { mayPay: false, byId: true, verify: async () => false })).toMatchObject({ done: true });
    await rig.reached([id], ['succeeded', 'failed']);
    expect(sum(await bytesOf(bucket, `films/damaged/${id}.mp4`))).toBe(after.files?.[0]?.sha256);
    expect(rig.simulator.counts()).toMatchObject({ accepted: 1 });
  });

  test('an object of somebody else under the name of a result stays, is not taken for it, and the result has the next name', async () => {
    const { rig, bucket } = await bucketRig();
    const ids = await rig.enqueue('same', [
      { provider: 'kling', ask: PROMPTS.kling, id: 'fox' },
      { provider: 'pika', ask: PROMPTS.pika, id: 'cat' },
    ]);
    // As another ledger has stored it, and as a person has put it there.
    const another = { Bucket: bucket, Body: 'a paid film', ContentType: 'video/mp4' };
    await server.client.send(new PutObjectCommand({ ...another, Key: 'films/same/fox.mp4', Metadata: { sha256: sum(Buffer.from('a paid film')) } }));
    await server.client.send(new PutObjectCommand({ ...another, Key: 'films/same/cat.mp4' }));
    const killed = new Set<string>();
    await rig.worker({}, (point, id) => {
      if (point !== 'download:stored' || killed.has(id)) return;
      killed.add(id);
      throw new Error('killed');
    });
    await rig.reached(ids, ['succeeded']);
    const fetched = rig.simulator.requests().filter(({ kind, path: asked }) => kind === 'asset' && asked.endsWith('.mp4'));
    expect(fetched, 'what is stored is found after a crash: its link may be dead').toHaveLength(2);
    for (const id of ids) {
      expect(Buffer.from(await bytesOf(bucket, `films/same/${id}.mp4`)).toString()).toBe('a paid film');
      const { files: [file] = [] } = await rig.generation(id);
      expect(file?.file).toBe(`${id}.0.mp4`);
      expect(sum(await bytesOf(bucket, `films/same/${id}.0.mp4`))).toBe(file?.sha256);
    }
    expect(rig.simulator.counts()).toMatchObject({ accepted: 2 });

    // Nor is it replaced by a copy that a run brings to the bucket.
    const [results, from] = [openResults(rig.config), path.join(rig.folder, 'from')];
    await mkdir(from);
    await writeFile(path.join(from, 'fox.mp4'), 'our own');
    const copied = copyResult(results, { file: 'fox.mp4', sha256: sum(Buffer.from('our own')), bytes: 7 }, { from, to: `s3://${bucket}/films/same` });
    await expect(copied).rejects.toThrow(`s3://${bucket}/films/same/fox.mp4 is in the way: it is not this result, which stays in ${from}.`);
    results.close();
    expect(Buffer.from(await bytesOf(bucket, 'films/same/fox.mp4')).toString()).toBe('a paid film');
  });

  test('two worker processes that finish one generation at once, by a job delivered twice, leave one object and one result', async () => {
    const { rig, bucket } = await bucketRig();
    const gate = await openGate(server.endpoint);
    const environment = { ...rigEnvironment(rig.simulator.url, rig.tag), ...server.environment(bucket), S3_PREFIX: 'films', LOG_LEVEL: 'info' };
    const first = workerProcess(rig, { ...environment, S3_ENDPOINT: gate.endpoint });
    await first.says('ready');
    const [id = ''] = await rig.enqueue('race', [{ provider: 'kling', ask: PROMPTS.kling }]);
    // Its file is fetched and verified, and its put is on the way: now it falls silent, and its job is given to another.
    await gate.held;
    first.kill('SIGSTOP');
    const second = workerProcess(rig, environment);
    await rig.reached([id], ['succeeded']);
    const won = await rig.generation(id);
    const { ETag: etag } = await server.client.send(new GetObjectCommand({ Bucket: bucket, Key: `films/race/${id}.mp4` }));

    first.kill('SIGCONT');
    gate.open();
    await gate.says('HTTP/1.1 412');
    await first.stopped();
    await second.stopped();
    expect(await rig.generation(id)).toMatchObject({ state: 'succeeded', seq: won.seq, files: won.files });
    const object = await server.client.send(new GetObjectCommand({ Bucket: bucket, Key: `films/race/${id}.mp4` }));
    expect(object.ETag).toBe(etag);
    expect(sum((await object.Body?.transformToByteArray()) ?? new Uint8Array())).toBe(won.files?.[0]?.sha256);
    expect((await keysOf(bucket)).filter((key) => key.endsWith('.mp4'))).toEqual([`films/race/${id}.mp4`]);
    expect((await staged(rig)).filter((name) => name.endsWith('.part'))).toEqual([]);
    // A stop waits three seconds for the last pages. What a busy machine has not written by then is for the sweep.
    await rm(path.join(rig.folder, 'out', '.parts'), { recursive: true, force: true });
    expect(rig.simulator.counts()).toMatchObject({ accepted: 1 });
  });
});

interface WorkerProcess {
  says(words: string): Promise<void>;
  kill(signal: NodeJS.Signals): void;
  stopped(): Promise<void>;
}

function workerProcess(rig: Rig, environment: Record<string, string>): WorkerProcess {
  const order = JSON.stringify({ redisUrl: rig.redisUrl, environment, folder: rig.folder, lockMs: 2_000 });
  const child = spawn(process.execPath, [...nodeWords('test/chaos/worker-process.ts'), order], { stdio: ['pipe', 'pipe', 'ignore'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  return {
    says: (words) => heard(child.stdout, words),
    kill: (signal) => void child.kill(signal),
    async stopped() {
      if (child.exitCode !== null) return;
      child.kill('SIGTERM');
      await once(child, 'exit');
    },
  };
}

function heard(stream: NodeJS.ReadableStream, words: string): Promise<void> {
  let said = '';
  return new Promise((resolve, reject) => {
    stream.on('data', (text: Buffer) => {
      said += text.toString();
      if (said.includes(words)) resolve();
    });
    stream.on('end', () => reject(new Error(`it ended without saying ${words}`)));
  });
}

/** A way to the service that holds the first put of a video until it is opened. */
async function openGate(target: string): Promise<{ endpoint: string; held: Promise<void>; open: () => void; says: (words: string) => Promise<void> }> {
  const { hostname, port } = new URL(target);
  let answers = '';
  let letGo: (() => void) | null = null;
  let isOpen = false;
  const listeners = new Set<() => void>();
  const changed = (): void => listeners.forEach((listener) => listener());
  const when = (isSo: () => boolean): Promise<void> =>
    new Promise((resolve) => {
      const look = (): void => {
        if (!isSo()) return;
        listeners.delete(look);
        resolve();
      };
      listeners.add(look);
      look();
    });
  const gate = createServer((socket) => {
    const onward = connect(Number(port), hostname);
    for (const end of [socket, onward]) end.on('error', () => undefined);
    onward.on('data', (bytes: Buffer) => {
      answers += bytes.toString('latin1');
      changed();
    });
    onward.pipe(socket);
    socket.on('data', (bytes: Buffer) => {
      if (isOpen || !/^PUT \S+\.mp4/.test(bytes.toString('latin1'))) return void onward.write(bytes);
      socket.pause();
      letGo = () => {
        onward.write(bytes);
        socket.resume();
      };
      changed();
    });
    socket.on('close', () => onward.destroy());
  });
  gate.listen(0, '127.0.0.1');
  await once(gate, 'listening');
  onTestFinished(() => void gate.close());
  return {
    endpoint: `http://127.0.0.1:${(gate.address() as AddressInfo).port}`,
    held: when(() => letGo !== null),
    open() {
      isOpen = true;
      letGo?.();
    },
    says: (words) => when(() => answers.includes(words)),
  };
}

/** What a person keeps under the names of our pages is theirs, wherever results go. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { describe, expect, test } from 'vitest';
import { readBatch } from '@dailies/queue';
import { PROMPTS, openRig } from '../support/rig.ts';
import { hasS3Server, startS3Server } from '../support/s3-server.ts';
import { openHouse } from './house.ts';

test("nothing is enqueued where a page of a person's own would be replaced, and what Dailies wrote there itself is no hindrance", async () => {
  const house = await openHouse();
  await house.write('prompts.txt', 'paper boats\n');
  await house.write('index.html', '<title>my site</title>');
  const words = ['prompts.txt', '--provider', 'pika', '--batch', 'boats', '--out'];

  for (const command of [['run'], ['run', '--dry-run'], ['enqueue'], ['enqueue', '--dry-run']]) {
    const refused = await house.dailies(...command, ...words, '.');
    expect([refused.code, refused.stderr]).toEqual([2, expect.stringMatching(/index\.html is not of Dailies.*--out/)]);
  }
  expect(await house.read('index.html')).toBe('<title>my site</title>');
  expect(await readBatch(house.ledger.store, 'boats')).toBeNull();

  for (let time = 0; time < 2; time += 1) expect((await house.dailies('run', ...words, 'videos')).code).toBe(0);
  const refused = await house.dailies('results', 'boats', '--download', '.');
  expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining('--download')]);
  expect(house.simulator.counts()).toMatchObject({ accepted: 1 });
});

test("a worker that finds a person's page in a batch's folder leaves it, and writes the others", async () => {
  const rig = await openRig();
  const folder = path.join(rig.folder, 'out', 'boats');
  await mkdir(folder, { recursive: true });
  await writeFile(path.join(folder, 'index.html'), 'mine');
  const ids = await rig.enqueue('boats', [{ provider: 'kling', ask: PROMPTS.kling }]);
  const worker = await rig.worker();
  await rig.reached(ids, ['succeeded']);
  await worker.writeFolder('boats');
  expect(await readFile(path.join(folder, 'index.html'), 'utf8')).toBe('mine');
  expect(await readFile(path.join(folder, 'manifest.jsonl'), 'utf8')).toContain(ids[0]);
});

describe.skipIf(!hasS3Server())('in a bucket', () => {
  test("nothing is enqueued where an object of a person's own would be replaced", async () => {
    const server = await startS3Server();
    try {
      const bucket = await server.bucket();
      const house = await openHouse({}, server.environment(bucket));
      await house.write('prompts.txt', 'paper boats\n');
      await server.client.send(new PutObjectCommand({ Bucket: bucket, Key: 'boats/index.html', Body: 'mine' }));
      await server.client.send(new PutObjectCommand({ Bucket: bucket, Key: 'boats/manifest.csv', Body: '' }));
      const refused = await house.dailies('run', 'prompts.txt', '--provider', 'pika', '--batch', 'boats');
      expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining(`s3://${bucket}/boats/index.html is not of Dailies`)]);
      expect(house.simulator.counts()).toMatchObject({ accepted: 0 });
    } finally {
      await server.close();
    }
  });
});

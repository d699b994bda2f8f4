/** `dailies` with a bucket, as a user sees it. */
import { createHash } from 'node:crypto';
import { readFile, readdir } from 'node:fs/promises';
import path from 'node:path';
import { GetObjectCommand, ListObjectsV2Command } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hasS3Server, startS3Server, type S3Server } from '../support/s3-server.ts';
import { openHouse, type House } from './house.ts';
import { saidJson } from './said.ts';

const assetRequests = ({ simulator }: House): number => simulator.requests().filter(({ kind }) => kind === 'asset').length;

describe.skipIf(!hasS3Server())('dailies with a bucket', () => {
  let server: S3Server;
  beforeAll(async () => {
    server = await startS3Server();
  });
  afterAll(() => server?.close());

  test('run keeps its results in the bucket, knows them again, and brings them to a folder that is asked for without fetching or paying anew', async () => {
    const bucket = await server.bucket();
    const house = await openHouse({}, { ...server.environment(bucket), S3_PREFIX: 'films' });
    await house.write('prompts.txt', 'paper boats\nred foxes\n');
    const words = ['run', 'prompts.txt', '--provider', 'pika', '--batch', 'boats', '--json'];
    const first = await house.dailies(...words);
    expect(first.code, first.stderr).toBe(0);
    const { generations, summary } = saidJson(first.stdout);
    expect(summary).toMatchObject({ out: `s3://${bucket}/films/boats`, manifest: `s3://${bucket}/films/boats/manifest.jsonl` });
    const { Contents = [] } = await server.client.send(new ListObjectsV2Command({ Bucket: bucket, Prefix: 'films/boats/' }));
    const names = Contents.map(({ Key = '' }) => path.basename(Key));
    expect(names).toEqual(expect.arrayContaining([...generations.map(({ id }) => `${id}.mp4`), 'manifest.jsonl', 'index.html']));
    const page = await server.client.send(new GetObjectCommand({ Bucket: bucket, Key: 'films/boats/index.html' }));
    expect([page.ContentType, await page.Body?.transformToString()]).toEqual(['text/html; charset=utf-8', expect.stringContaining('paper boats')]);
    const fetched = assetRequests(house);

    const again = await house.dailies(...words);
    expect(again.stderr).toContain('Of 2 done before: 2 whole in their folder.');
    const here = await house.dailies(...words, '--out', 'videos');
    expect(here.code, here.stderr).toBe(0);
    expect(here.stderr).toContain('2 copied there');
    for (const { videos } of saidJson(here.stdout).generations) {
      const bytes = await readFile(path.join(house.folder, 'videos', videos[0]?.file ?? ''));
      expect(createHash('sha256').update(bytes).digest('hex')).toBe(videos[0]?.sha256);
    }
    expect((await readdir(path.join(house.folder, 'videos'))).filter((name) => name.endsWith('.part'))).toEqual([]);
    expect(assetRequests(house)).toBe(fetched);
    expect(house.simulator.counts()).toMatchObject({ accepted: 2 });
  });

  test('doctor tries the bucket out, names what it ignores, and leaves nothing in it; a wrong secret is told without showing it', async () => {
    const bucket = await server.bucket();
    const house = await openHouse({}, server.environment(bucket));
    const { stdout } = await house.dailies('doctor');
    expect(stdout).toMatch(new RegExp(`ok +bucket +The bucket ${bucket} can be reached, written and read\\.`));
    expect(stdout).toMatch(/ok +bucket +.* honours If-None-Match for puts/);
    // Ceph 16 does; a newer one does not.
    expect(stdout).toMatch(/bucket +.* (ignores|honours) If-None-Match for the end of uploads in pieces/);
    expect((await server.client.send(new ListObjectsV2Command({ Bucket: bucket }))).Contents ?? []).toEqual([]);

    const wrong = await house.start(['doctor'], { settings: { S3_SECRET_ACCESS_KEY: 'another-secret-altogether' } }).ended;
    expect(wrong.code).toBe(1);
    expect(wrong.stdout).toMatch(/WRONG +bucket +.*Correct S3_SECRET_ACCESS_KEY/);
    expect(wrong.stdout + wrong.stderr).not.toContain('another-secret-altogether');
  });

  test('a run that cannot read what its bucket has enqueues nothing, names the bucket and not Redis, and ends with 2', async () => {
    const house = await openHouse({}, server.environment(await server.bucket()));
    await house.write('prompts.txt', 'paper boats\n');
    const run = (settings: Record<string, string>) => house.start(['run', 'prompts.txt', '--provider', 'pika'], { settings }).ended;
    const away = await run({ S3_ENDPOINT: 'http://127.0.0.1:1' });
    expect(away.code, away.stderr).toBe(2);
    expect(away.stderr).toMatch(/bucket .* is away: it cannot be reached.*\nNothing was enqueued/);
    expect(away.stderr).not.toContain('Redis');
    const absent = await run({ S3_BUCKET: 'nobody-made-this' });
    expect(absent.code, absent.stderr).toBe(2);
    expect(absent.stderr).toMatch(/Create it, or correct S3_BUCKET.*\nNothing was enqueued/);
    expect(house.simulator.counts()).toMatchObject({ accepted: 0 });
  });
});

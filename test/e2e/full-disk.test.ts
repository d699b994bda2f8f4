/** Downloads and the disk they go to: nothing fails by it, everybody can read why it waits, and it goes on by itself. */
import { mkdir, rename, rm, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from 'vitest';
import { PROVIDER_NAMES } from '@dailies/providers';
import { NO_MOUNT, mountSmallDisk } from '../support/small-disk.ts';
import { type House, inState, openHouse } from './house.ts';

const LINES = PROVIDER_NAMES.map((provider) => JSON.stringify({ provider, id: provider, prompt: 'a shuttle flies from space into an old volcano' })).join('\n');

test('downloads pause while the disk is nearly full, say so wherever people look, and go on when there is room', { timeout: 120_000 }, async ({ skip }) => {
  const house = await openHouse({}, { DISK_RESERVE_BYTES: String(8 * 1024 ** 2) });
  const out = path.join(house.folder, 'out');
  skip(mountSmallDisk(out, '24m') === null, NO_MOUNT);
  const filler = path.join(out, 'filler');
  await writeFile(filler, Buffer.alloc(20 * 1024 ** 2));
  await house.write('prompts.jsonl', LINES);
  expect((await house.dailies('enqueue', 'prompts.jsonl', '--batch', 'boats')).code).toBe(0);
  const worker = await house.worker();
  await worker.says('downloads wait for the disk');
  await house.until('boats', (all) => inState(all, 'downloading').length === 5);

  const [status, batch, doctor] = await Promise.all([house.dailies('status'), house.dailies('status', 'boats'), house.dailies('doctor')]);
  for (const { stdout } of [status, batch, doctor]) {
    expect(stdout).toMatch(/Downloads wait on \S+ since .*out\/boats has 0\.00 GiB free, and 0\.01 GiB are to stay free.*Make room/);
  }
  expect(doctor.code).toBe(1);
  expect(doctor.stdout).toMatch(/WRONG +disk +Only 0\.0 GiB free for results/);
  await expect.poll(() => jobLogs(house)).toHaveLength(5);
  expect(house.simulator.requests({ kind: 'asset' })).toEqual([]);

  await rm(filler);
  await worker.says('downloads go on: the folder');
  await house.until('boats', (all) => inState(all, 'succeeded').length === 5);
  expect((await house.dailies('status')).stdout).not.toContain('Downloads wait');
  worker.kill('SIGTERM');
  const { stderr } = await worker.ended;
  expect(stderr.split('downloads wait for the disk')).toHaveLength(2);
  expect(stderr.split('downloads go on: the folder')).toHaveLength(2);
  expect(house.simulator.counts()).toMatchObject({ accepted: 5 });
});

test('downloads wait for a folder that cannot be used, and one waits alone for what has its name, and nothing fails by it', async () => {
  const house = await openHouse();
  await writeFile(path.join(house.folder, 'out'), 'a file where the folder is to be');
  await house.write('prompts.jsonl', LINES);
  expect((await house.dailies('enqueue', 'prompts.jsonl', '--batch', 'boats')).code).toBe(0);
  const worker = await house.worker();
  await worker.says('its folder is not a folder');
  await house.until('boats', (all) => inState(all, 'downloading').length === 5);
  await mkdir(path.join(house.folder, 'disk', 'boats', 'pika.mp4'), { recursive: true });
  await symlink('disk', path.join(house.folder, 'mounted'));
  await rename(path.join(house.folder, 'mounted'), path.join(house.folder, 'out'));
  // Not the disk: a folder has the name of one file, and the others go on.
  await worker.says('the download waits for its place');
  await house.until('boats', (all) => inState(all, 'succeeded').length === 4);
});

/** The lines that Bull Board shows with the downloads that wait, in every shard; one that begins anew has none yet. */
async function jobLogs({ ledger: { queues } }: House): Promise<string[]> {
  const logs = queues.all().filter(({ name }) => name === 'download').map(async (queue) => {
    const jobs = await queue.getDelayed();
    return Promise.all(jobs.map(async ({ id = '' }) => (await queue.getJobLogs(id)).logs));
  });
  return (await Promise.all(logs)).flat(2).filter((line) => line.includes('waits: ') && line.includes('to stay free'));
}

/** Retention of results: the files of what succeeded long ago go, what is known of them stays, and nothing is paid again. */
import { access, mkdir, readFile, readdir, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { type Generation, beginRemoval, endRemoval, homeOf, planRetry, publicGeneration, readGenerations, retryGeneration } from '@dailies/queue';
import { shardHolding } from '../support/ledger.ts';
import { PROMPTS, openRig, type Rig } from '../support/rig.ts';

const DAY_MS = 24 * 3_600_000;

/** As if it had been made that long ago. */
async function age(rig: Rig, ids: readonly string[], days: number): Promise<void> {
  for (const id of ids) {
    const { finishedAt, createdAt } = await rig.generation(id);
    const { redis, keys } = await shardHolding(rig.store, id);
    if (finishedAt !== undefined) await redis.hset(keys.generation(id), { finishedAt: finishedAt - days * DAY_MS });
    await redis.hset(keys.generation(id), { createdAt: createdAt - days * DAY_MS });
    await redis.zadd(keys.all, createdAt - days * DAY_MS, id);
  }
}

function made(count: number) {
  const { prompt } = PROMPTS.kling;
  return Array.from({ length: count }, (_, at) => ({ provider: 'kling' as const, ask: { ...PROMPTS.kling, prompt: `${prompt} take ${at}` } }));
}

/** Resolves when the files of all these have been removed. */
async function removed(rig: Rig, ids: readonly string[]): Promise<void> {
  const all = () => Promise.all(ids.map((id) => rig.generation(id)));
  await expect.poll(async () => (await all()).every(({ filesRemovedAt }) => filesRemovedAt !== undefined)).toBe(true);
}

const isThere = (file: string): Promise<boolean> => access(file).then(() => true, () => false);
const pathsOf = ({ folder = '', files = [] }: Generation): string[] => files.map(({ file }) => path.join(folder, file));

test('the files of what succeeded longer ago are removed, the younger ones, another ledger\'s and a folder of a person stay, and the manifest says so', async () => {
  const rig = await openRig();
  const [own, inside] = [path.join(rig.folder, 'videos of a person'), path.join(rig.folder, 'out', 'kept')];
  // The oldest: they are looked at first.
  const theirs = [...(await rig.enqueue('inside', made(1))), ...(await rig.enqueue('own', made(1)))];
  await rig.redis.hset(homeOf(rig.store, 'own').keys.batch('own'), { folder: own });
  await rig.redis.hset(homeOf(rig.store, 'inside').keys.batch('inside'), { folder: inside });
  const [old, young] = [await rig.enqueue('old', made(3)), await rig.enqueue('young', made(2))];
  const first = await rig.worker();
  const all = [...old, ...young, ...theirs];
  await rig.reached(all, ['succeeded']);
  await first.stop(5_000);
  await age(rig, [...old, ...theirs], 40);
  const before = await Promise.all(all.map((id) => rig.generation(id)));
  expect(before.slice(-2).map(({ folder }) => folder)).toEqual([inside, own]);
  // As a removal was cut short that had removed it, and another ledger has stored its own there since.
  const [ended = ''] = old;
  const { redis, keys } = await shardHolding(rig.store, ended);
  await redis.hset(keys.generation(ended), { filesExpiredAt: Date.now() - DAY_MS });
  for (const file of pathsOf(await rig.generation(ended))) await writeFile(file, 'the video of another ledger');

  const worker = await rig.worker({ RESULT_RETENTION_DAYS: '30' });
  await removed(rig, old);
  for (const generation of before) {
    const now = await rig.generation(generation.id);
    const isOld = old.includes(generation.id);
    expect(now).toMatchObject({ state: 'succeeded', round: 1, attempts: 1 });
    expect(now.files).toEqual(generation.files);
    for (const file of pathsOf(generation)) expect(await isThere(file), file).toBe(!isOld || generation.id === ended);
    expect(publicGeneration(now).filesRemovedAt).toEqual(isOld ? expect.stringMatching(/^\d{4}-/) : undefined);
    if (isOld) expect(now.history.at(-1)?.note).toBe('files removed: past their retention');
  }
  await worker.writeFolder('old');
  const manifest = await readFile(path.join(rig.folder, 'out', 'old', 'manifest.jsonl'), 'utf8');
  const rows = manifest.trim().split('\n').map((line) => JSON.parse(line) as { state: string; filesRemovedAt?: string });
  expect(rows.map(({ state, filesRemovedAt }) => [state, typeof filesRemovedAt])).toEqual(old.map(() => ['succeeded', 'string']));
});

test('what retention removed is fetched again by its id only, free, and is whole then', async () => {
  const rig = await openRig();
  const [id = ''] = await rig.enqueue('old', made(1));
  const first = await rig.worker();
  await rig.reached([id], ['succeeded']);
  await first.stop(5_000);
  await age(rig, [id], 40);
  const before = await rig.generation(id);
  const worker = await rig.worker({ RESULT_RETENTION_DAYS: '30' });
  await removed(rig, [id]);
  await worker.stop(5_000);

  // Another ledger has the same folder, batch and ids, and the name was free.
  const [file = ''] = pathsOf(before);
  await writeFile(file, 'the video of another ledger');
  const byBatch = await retryGeneration(rig, id, { mayPay: true, byId: false });
  expect(byBatch).toMatchObject({ done: false, message: expect.stringContaining('removed by retention') });
  expect(await retryGeneration(rig, id, { mayPay: false, byId: true })).toMatchObject({ done: true, plan: 'fetch' });
  await rig.worker();
  await rig.reached([id], ['succeeded']);
  const after = await rig.generation(id);
  expect(after.files).toEqual(before.files);
  expect(after.filesRemovedAt).toBeUndefined();
  for (const stored of pathsOf(after)) expect((await readFile(stored)).length).toBe(after.files?.[0]?.bytes);
  expect(await readFile(`${file}.kept`, 'utf8')).toBe('the video of another ledger');
  expect(rig.simulator.counts()).toMatchObject({ accepted: 1 });
});

test('a removal keeps off a retry that looked before it, is begun by one alone, and only of what succeeded', async () => {
  const rig = await openRig({ faults: [{ on: 'create', what: 'task-fails', provider: 'pika', code: 'forbidden' }] });
  const [done = '', failed = ''] = [...(await rig.enqueue('done', made(1))), ...(await rig.enqueue('failed', [{ provider: 'pika', ask: PROMPTS.pika }]))];
  const worker = await rig.worker();
  await rig.reached([done], ['succeeded']);
  await rig.reached([failed], ['failed']);
  await worker.stop(5_000);
  // A worker removes in one shard at a time.
  const [ofDone, ofFailed] = [await shardHolding(rig.store, done), await shardHolding(rig.store, failed)];
  expect(await beginRemoval(ofFailed, await rig.generation(failed))).toBeNull();

  const seen = await rig.generation(done);
  const seq = await beginRemoval(ofDone, seen);
  expect(seq).toBe(seen.seq + 1);
  expect(await beginRemoval(ofDone, seen), 'of a generation as it was').toBeNull();
  expect(await beginRemoval(ofDone, await rig.generation(done)), 'while another is at it').toBeNull();
  const meanwhile = await retryGeneration(rig, done, { mayPay: true, byId: true, verify: async () => false });
  expect(meanwhile).toMatchObject({ done: false, message: expect.stringContaining('being removed at this moment') });
  const midway = await rig.generation(done);
  expect(planRetry({ ...midway, filesExpiredAt: Date.now() - 61_000 }), 'after a removal that never ended').toEqual({ what: 'verify' });
  expect(await endRemoval(ofDone, done, seen.seq), 'by somebody of before').toBe(false);
  expect(await endRemoval(ofDone, done, seq ?? 0)).toBe(true);
  expect(await beginRemoval(ofDone, await rig.generation(done)), 'of what is gone').toBeNull();
});

test('nothing is removed that has not succeeded, nor in a folder that is not there', async () => {
  const rig = await openRig({ faults: [{ on: 'asset', what: '404', match: 'take 0' }], durations: { luma: DAY_MS } });
  const [lost = '', away = ''] = await rig.enqueue('old', made(2));
  const [moving = ''] = await rig.enqueue('moving', [{ provider: 'luma', ask: PROMPTS.luma }]);
  const first = await rig.worker();
  await rig.reached([away], ['succeeded']);
  await rig.reached([moving], ['rendering']);
  await first.stop(5_000);
  await age(rig, [lost, away, moving], 40);
  await rig.redis.hset((await shardHolding(rig.store, away)).keys.generation(away), { folder: path.join(rig.folder, 'out', 'on another machine') });
  await mkdir(path.join(rig.folder, 'out', 'old'), { recursive: true });

  const [marker = ''] = await rig.enqueue('marker', [{ provider: 'hailuo', ask: PROMPTS.hailuo }]);
  const second = await rig.worker();
  await rig.reached([marker], ['succeeded']);
  await second.stop(5_000);
  await age(rig, [marker], 40);
  await rig.worker({ RESULT_RETENTION_DAYS: '30' });
  // The last of all: when it is through, so are the others.
  await removed(rig, [marker]);
  const found = await readGenerations(rig.store, [lost, away, moving]);
  expect(found.map((one) => [one?.filesRemovedAt, one?.filesExpiredAt])).toEqual([[undefined, undefined], [undefined, undefined], [undefined, undefined]]);
  expect(await readdir(path.join(rig.folder, 'out', 'old'))).toContain(`${away}.mp4`);
});

test('a machine that has the folder but none of the files says nothing of them: the one that has them removes them', async () => {
  const rig = await openRig();
  const [theirs = ''] = await rig.enqueue('shared', made(1));
  const [marker = ''] = await rig.enqueue('marker', [{ provider: 'hailuo', ask: PROMPTS.hailuo }]);
  const first = await rig.worker();
  await rig.reached([theirs, marker], ['succeeded']);
  await first.stop(5_000);
  await age(rig, [theirs, marker], 40);
  await age(rig, [theirs], 1);
  const [file = ''] = pathsOf(await rig.generation(theirs));
  const elsewhere = path.join(rig.folder, 'on the disk of another machine.mp4');
  await rename(file, elsewhere);
  await writeFile(file, 'the video of another ledger');

  const without = await rig.worker({ RESULT_RETENTION_DAYS: '30' });
  // Looked at after it.
  await removed(rig, [marker]);
  await without.stop(5_000);
  expect(await rig.generation(theirs)).not.toHaveProperty('filesRemovedAt');

  await rename(elsewhere, file);
  await rig.worker({ RESULT_RETENTION_DAYS: '30' });
  await expect.poll(async () => (await rig.generation(theirs)).filesRemovedAt).toBeDefined();
  expect(await isThere(file)).toBe(false);
});

test('a worker whose clock is weeks ahead removes nothing that is young by that of Redis', async () => {
  const rig = await openRig();
  // Looked at in this order.
  const [young = '', marker = ''] = [...(await rig.enqueue('young', made(1))), ...(await rig.enqueue('marker', made(1)))];
  const first = await rig.worker();
  await rig.reached([young, marker], ['succeeded']);
  await first.stop(5_000);
  const { redis, keys } = await shardHolding(rig.store, marker);
  await redis.hset(keys.generation(marker), { finishedAt: Date.now() - 100 * DAY_MS });

  const now = Date.now.bind(Date);
  const clock = vi.spyOn(Date, 'now').mockImplementation(() => now() + 40 * DAY_MS);
  onTestFinished(() => clock.mockRestore());
  await rig.worker({ RESULT_RETENTION_DAYS: '30' });
  await removed(rig, [marker]);
  expect(await rig.generation(young)).not.toHaveProperty('filesRemovedAt');
  for (const file of pathsOf(await rig.generation(young))) expect(await isThere(file)).toBe(true);
});

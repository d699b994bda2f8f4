/** A row of a manifest is only ever replaced by a newer one of the same generation. */
import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, open, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as rest } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { expect, onTestFinished, test, vi } from 'vitest';
import { pause, resolveGeneration, retryGeneration, shrinkEnded, transition } from '@dailies/queue';
import { openResults } from '@dailies/results';
import { collect } from '../../apps/producer/src/collect/collect.ts';
import { ledgerSource } from '../../apps/producer/src/collect/ledger-source.ts';
import { findByName } from '../../apps/producer/src/lookup.ts';
import { startChaosRedis } from '../chaos/chaos-redis.ts';
import { openRig, PROMPTS, type Rig } from '../support/rig.ts';

test('what is tried again keeps its row, in its place, while it is on its way', async () => {
  const rig = await openRig();
  const ids = await rig.enqueue('batch', [{ provider: 'luma', ask: PROMPTS.luma }, { provider: 'pika', ask: PROMPTS.pika }]);
  const before = await finishedManifest(rig, ids);

  await rm(path.join(rig.folder, 'out', 'batch', `${ids[0]}.mp4`));
  await retryGeneration(rig, ids[0] ?? '', { mayPay: false, byId: true, verify: async () => false });
  // It has no key of that account: what is to be fetched again waits.
  const idle = await rig.worker({ ACEDATA_API_KEY: '' });
  await idle.writeFolder('batch');

  expect((await rig.generation(ids[0] ?? '')).state).toBe('downloading');
  expect(await manifestOf(rig)).toBe(before);
  expect(before.trimEnd().split('\n')).toHaveLength(2);

  // An older copy of the ledger, in which it moves in an earlier round, takes away no task of a later one.
  const later = before.replace('"state":"succeeded"', '"state":"rendering"').replace('"round":1', '"round":2');
  await writeFile(path.join(rig.folder, 'out', 'batch', 'manifest.jsonl'), later);
  await idle.writeFolder('batch');
  expect(await manifestOf(rig)).toBe(later);

  // Of what was unresolved, and has the task that a person gave, the row must not ask again whether it is to be sent.
  const [, other] = before.split('\n');
  await writeFile(path.join(rig.folder, 'out', 'batch', 'manifest.jsonl'), `${JSON.stringify({ ...parsed(before), state: 'unresolved', task: undefined })}\n${other}\n`);
  await idle.writeFolder('batch');
  expect(parsed(await manifestOf(rig))).toMatchObject({ state: 'downloading', task: parsed(before)['task'] });

  // Nobody can say whether a line that cannot be read tells of a payment: it stays. That of what has a row now is replaced.
  const unread = '{"id":"another", "state":"upscaling", "provider":"pika"}\n{"id":"cut","sta\n';
  const mended = await manifestOf(rig);
  await writeFile(path.join(rig.folder, 'out', 'batch', 'manifest.jsonl'), `${mended}${mended.split('\n')[1]?.replace('succeeded', 'done')}\n${unread}`);
  await idle.writeFolder('batch');
  expect(await manifestOf(rig)).toBe(`${mended}${unread}`);
});

test('a worker that stops writes what renders, was finished at once, or is in doubt, into its folder, and none of what was never submitted', async () => {
  const onCreate = [{ provider: 'hailuo', what: 'finish-at-once' }, { provider: 'kling', what: 'reset-after-read' }] as const;
  const rig = await openRig({ speed: 0.001, faults: [...onCreate.map((fault) => ({ on: 'create' as const, ...fault })), { on: 'list', what: '503' }, { on: 'asset', what: '503' }] });
  const [rendering = '', queued = ''] = await rig.enqueue('batch', [{ provider: 'luma', ask: PROMPTS.luma }, { provider: 'pika', ask: PROMPTS.pika }]);
  await pause(rig.store, 'operator:pika', { reason: 'lunch', kind: 'operator', polls: false });
  const worker = await rig.worker();
  await rig.reached([rendering], ['rendering']);
  const [atOnce = ''] = await rig.enqueue('at-once', [{ provider: 'hailuo', ask: PROMPTS.hailuo }]);
  const [doubted = ''] = await rig.enqueue('doubted', [{ provider: 'kling', ask: PROMPTS.kling }]);
  const [again = ''] = await rig.enqueue('again', [{ provider: 'kling', ask: PROMPTS.kling }]);
  await rig.reached([atOnce, doubted, again], ['downloading', 'ambiguous']);
  await worker.stop(5_000);

  const { taskKey } = await rig.generation(rendering);
  const rows = (await manifestOf(rig)).trimEnd().split('\n').map((line) => JSON.parse(line) as unknown);
  expect(rows).toEqual([expect.objectContaining({ id: rendering, state: 'rendering', round: 1, task: { id: taskKey } })]);
  expect(await rig.generation(queued)).toMatchObject({ state: 'queued' });
  const { taskKey: finished } = await rig.generation(atOnce);
  expect(JSON.parse(await manifestOf(rig, 'at-once'))).toMatchObject({ id: atOnce, state: 'downloading', task: { id: finished } });

  // A copy of the results knows what is paid for as well.
  const results = openResults(rig.config);
  const copy = path.join(rig.folder, 'copy');
  await mkdir(copy);
  const source = ledgerSource(rig.store, results, await findByName(rig.store, 'batch', ''), false);
  await writeFile(path.join(copy, 'manifest.jsonl'), '{"id":"cut","sta');
  expect(await collect(source, { folder: copy, results, simulated: false, signal: new AbortController().signal })).toMatchObject({ rows: 2, moving: 2 });
  results.close();
  expect(await readFile(path.join(copy, 'manifest.jsonl'), 'utf8')).toBe(`${await manifestOf(rig)}{"id":"cut","sta\n`);

  // What may be paid for is told of until it is known that it is not. An older copy of the ledger, in which it was never sent, knows nothing of that.
  const row = await manifestOf(rig, 'doubted');
  expect(JSON.parse(row)).toMatchObject({ id: doubted, state: 'ambiguous' });
  const rowOfFirst = await manifestOf(rig, 'again');
  await transition(rig.store, await rig.generation(again), { from: ['ambiguous'], to: 'unresolved', by: '1.test' });
  expect(await resolveGeneration(rig, again, { what: 'resubmit' })).toMatchObject({ done: true });
  const older = await rig.worker({ KLING_API_KEY: '', ACEDATA_API_KEY: '' });
  await transition(rig.store, await rig.generation(doubted), { from: ['ambiguous'], to: 'queued', by: '1.test', patch: { attempts: 0, ambiguity: null } });
  // Nor does another ledger that was given the same prompt later. And what was in doubt in a later round may have been paid for in an earlier one.
  const times = /"at":"2\d{3}-/g;
  for (const kept of [row.replace(times, '"at":"2999-'), row.replace(times, '"at":"2001-'), row.replace('"round":1', '"round":2')]) {
    expect(kept).not.toBe(row);
    await writeFile(path.join(rig.folder, 'out', 'doubted', 'manifest.jsonl'), kept);
    await older.writeFolder('doubted');
    expect(await manifestOf(rig, 'doubted')).toBe(kept);
  }
  await writeFile(path.join(rig.folder, 'out', 'doubted', 'manifest.jsonl'), row);
  await older.writeFolder('doubted');
  expect(await manifestOf(rig, 'doubted')).toBe('');
  // What a person has sent again may be paid for in its first round as well, also if no folder knew it as unresolved.
  await older.writeFolder('again');
  expect(JSON.parse(rowOfFirst)).toMatchObject({ id: again, state: 'ambiguous' });
  expect(await manifestOf(rig, 'again')).toBe(rowOfFirst);
});

test('a stop that has waited for its first pages in vain waits once more, and they are written', async () => {
  const rig = await openRig({ speed: 0.001 });
  // A pipe holds up whoever opens it until its other end is opened.
  const page = path.join(rig.folder, 'out', 'batch', 'index.html');
  await mkdir(path.dirname(page), { recursive: true });
  execFileSync('mkfifo', [page]);
  const worker = await rig.worker();
  const [id = ''] = await rig.enqueue('batch', [{ provider: 'luma', ask: PROMPTS.luma }]);
  await rig.reached([id], ['rendering']);
  const stopped = worker.stop(45_000);
  await rest(4_500);
  const held = await open(page, 'r+');
  await stopped;
  await held.close();
  expect(JSON.parse(await manifestOf(rig))).toMatchObject({ id, state: 'rendering' });
});

test('what the ledger shrinks to a stub keeps its whole row: parameters, metadata, history', async () => {
  const rig = await openRig();
  const ids = await rig.enqueue('batch', [{ provider: 'kling', ask: PROMPTS.kling }, { provider: 'luma', ask: PROMPTS.luma }]);
  const before = await finishedManifest(rig, ids);
  for (const shard of rig.store.shards) await shrinkEnded(shard, -60_000, 10);
  expect((await rig.generation(ids[0] ?? '')).stub).toBe(true);

  const again = await rig.worker();
  await again.writeFolder('batch');

  expect((await manifestOf(rig)).split('\n').map((line) => line === '' ? '' : JSON.parse(line) as unknown)).toEqual(before.split('\n').map((line) => line === '' ? '' : JSON.parse(line) as unknown));
  expect(before).toContain('"duration":"5"');
});

test('a Redis that refuses the first look at the events, or freezes while a folder is written, does not silence it: who ends next has a row a moment later', async () => {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'dailies-manifest-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const redis = await startChaosRedis(folder);
  onTestFinished(() => redis.close());
  const rig = await openRig({}, {}, redis.url);
  const manifest = (): Promise<string> => manifestOf(rig).catch(() => '');
  let isFrozen = false;
  vi.spyOn(Redis.prototype, 'xrevrange').mockRejectedValueOnce(new Error('BUSY Redis is busy running a script.'));
  onTestFinished(() => void vi.restoreAllMocks());
  await rig.worker({}, (point) => {
    if (point !== 'folder:locked' || isFrozen) return;
    isFrozen = true;
    redis.freeze();
    // A twentieth of the time for the writing would be half a minute of silence.
    setTimeout(() => redis.thaw(), 1_600);
  });

  await rig.reached(await rig.enqueue('batch', [{ provider: 'luma', ask: PROMPTS.luma }]), ['succeeded']);
  const soon = { timeout: 15_000 };
  await expect.poll(manifest, soon).toContain('batch-0');
  await rig.reached(await rig.enqueue('batch', [{ provider: 'pika', ask: PROMPTS.pika, id: 'batch-1' }]), ['succeeded']);
  await expect.poll(manifest, soon).toContain('batch-1');
});

/**
 * What a worker has written of these when it is stopped as soon as all have succeeded: its stop leaves no result unwritten, also if another worker
 * holds the folder a moment longer, which may have read its rows before.
 */
async function finishedManifest(rig: Rig, ids: readonly string[]): Promise<string> {
  const lock = rig.store.keys.folderLock(path.join(rig.folder, 'out', 'batch'));
  await rig.redis.set(lock, 'another worker');
  const worker = await rig.worker();
  await rig.reached(ids, ['succeeded']);
  await rig.redis.pexpire(lock, 400);
  await worker.stop(5_000);
  return manifestOf(rig);
}

function manifestOf(rig: Rig, batch = 'batch'): Promise<string> {
  return readFile(path.join(rig.folder, 'out', batch, 'manifest.jsonl'), 'utf8');
}

/** Its first row. */
function parsed(manifest: string): Record<string, unknown> {
  return JSON.parse(manifest.split('\n')[0] ?? '') as Record<string, unknown>;
}

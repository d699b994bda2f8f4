/** A backup of Redis comes back (docs/decisions/011): what was submitted after it is not known to it, and must not be paid again. */
import { cp, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { type ProviderName, PROVIDERS } from '@dailies/providers';
import { afterRestore, cancelGeneration, countsOf, guardState, learnLookup, pause, pauses, type PublicGeneration, resume, transition } from '@dailies/queue';
import type { SimulatorOptions } from '@dailies/simulator';
import { type ChaosRedis, startChaosRedis } from '../chaos/chaos-redis.ts';
import { shardHolding } from '../support/ledger.ts';
import { type Rig, openRig } from '../support/rig.ts';

interface Restorable {
  rig: Rig;
  redis: ChaosRedis;
  backUp: () => Promise<void>;
  restore: () => Promise<void>;
}

async function openRestorable(environment: Record<string, string> = {}, options: SimulatorOptions = {}): Promise<Restorable> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'dailies-restore-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 }));
  const redis = await startChaosRedis(folder);
  onTestFinished(() => redis.close());
  const rig = await openRig(options, environment, redis.url);
  const [live, copy] = [path.join(folder, 'redis'), path.join(folder, 'copy')];
  return {
    rig,
    redis,
    backUp: () => cp(live, copy, { recursive: true }),
    restore: async () => {
      await redis.kill();
      await rm(live, { recursive: true });
      await rename(copy, live);
      await redis.restart();
    },
  };
}

function prompts(provider: ProviderName, many: number) {
  return Array.from({ length: many }, (_, at) => ({ provider, ask: { prompt: `a kite over the dunes, take ${at} of ${provider}` }, id: `${provider}-${at}` }));
}

async function rowOf({ folder }: Rig, batch: string, id: string): Promise<PublicGeneration | undefined> {
  const lines = (await readFile(path.join(folder, 'out', batch, 'manifest.jsonl'), 'utf8')).trim().split('\n');
  return lines.map((line) => JSON.parse(line) as PublicGeneration).find((row) => row.id === id);
}

const queued = async (rig: Rig, provider: ProviderName): Promise<number> => (await countsOf(rig.store, provider)).queued;

test('an old copy comes back: no submit until doctor --after-restore, then look-ups settle it and nothing is paid twice', async () => {
  const { rig, backUp, restore } = await openRestorable();
  // Known to this account before: what a look-up shows later can be believed.
  const known = await rig.enqueue('known', (['kling', 'hailuo'] as const).map((provider) => ({ provider, ask: { prompt: 'seen before' }, id: `known-${provider}` })));
  const first = await rig.worker();
  await rig.reached(known, ['succeeded']);
  for (const provider of ['kling', 'hailuo', 'allegro'] as const) await pause(rig.store, `operator:${provider}`, { reason: 'backup', kind: 'operator', polls: false });
  const ids = await rig.enqueue('hour', [...prompts('kling', 2), ...prompts('hailuo', 2), ...prompts('allegro', 1)]);

  await backUp();

  // The hour that is lost: everything is submitted and paid.
  for (const provider of ['kling', 'hailuo', 'allegro'] as const) await resume(rig.store, provider, []);
  await rig.reached(ids, ['succeeded']);
  await first.stop(5_000);
  const bill = rig.simulator.counts().accepted;
  expect(bill).toBe(known.length + ids.length);

  await restore();
  for (const provider of ['kling', 'hailuo', 'allegro'] as const) await resume(rig.store, provider, []);
  expect(await queued(rig, 'kling')).toBe(2);
  const second = await rig.worker();
  await expect.poll(async () => (await pauses(rig.store)).map(({ scope, kind }) => `${scope} ${kind}`)).toEqual(['ledger rolled-back']);
  // A person's `resume` is no word on what was paid.
  await resume(rig.store, 'kling', [rig.config.providers.kling.account?.id ?? '']);
  expect(await pauses(rig.store)).toHaveLength(1);
  expect(rig.simulator.counts().accepted).toBe(bill);

  expect(await afterRestore(rig)).toMatchObject({ inDoubt: 5, onTheirWay: 0 });
  await rig.reached(ids, ['succeeded', 'unresolved']);
  expect(rig.simulator.counts().accepted).toBe(bill);
  const states = await Promise.all(ids.map(async (id) => `${id} ${(await rig.generation(id)).state}`));
  // Allegro has no look-up, but the manifest of its folder tells with which task it was paid.
  expect(states).toEqual(ids.map((id) => `${id} succeeded`));
  await second.writeFolder('hour');
  expect(await rowOf(rig, 'hour', 'allegro-0')).toMatchObject({ state: 'succeeded', videos: [{ file: 'allegro-0.mp4' }] });

  // Settled: the same worker, and one that remembers the time that is gone, submit again.
  const more = await rig.enqueue('more', [{ provider: 'allegro', ask: { prompt: 'a fox in the snow, in slow motion' } }]);
  await rig.reached(more, ['succeeded']);
  expect(rig.simulator.counts().accepted).toBe(bill + 1);
});

test('a video that was stored in the time that is gone is taken from its folder where the upstream has forgotten its task, or its link is dead', async () => {
  // They render until they are told to end, however long it takes until the copy is made.
  const days = 1_000 * 24 * 3_600_000;
  const { rig, backUp, restore } = await openRestorable({ DOWNLOAD_RETRY_MS: '5' }, { durations: { kling: days, pika: days } });
  const ids = await rig.enqueue('hour', [...prompts('kling', 3), ...prompts('pika', 1)]);
  const [stored = '', damaged = '', another = '', dead = ''] = ids;
  const forgotten = [stored, damaged, another];
  const first = await rig.worker();
  await rig.reached(ids, ['rendering']);
  await first.stop(5_000);
  await backUp();
  rig.simulator.faults.add(...(['poll', 'list'] as const).map((on) => ({ on, what: 'finish-at-once' })));
  const second = await rig.worker();
  await rig.reached(ids, ['succeeded']);
  await second.writeFolder('hour');
  await second.stop(5_000);
  rig.simulator.faults.clear();
  const before = await Promise.all(ids.map((id) => rig.generation(id)));
  const folder = path.join(rig.folder, 'out', 'hour');
  const manifest = await readFile(path.join(folder, 'manifest.jsonl'), 'utf8');
  await writeFile(path.join(folder, `${damaged}.mp4`), 'no film');
  // As of another ledger with the same folder, batch and ids.
  await writeFile(path.join(folder, 'manifest.jsonl'), manifest.replace(before[2]?.taskKey ?? '', 'of-another-ledger'));

  await restore();
  await afterRestore(rig);
  // Several are asked about together by a list.
  rig.simulator.faults.add(...(['poll', 'list'] as const).map((on) => ({ on, what: 'missing', provider: 'kling' as const })), { on: 'asset', what: '404' });
  for (const id of ids) await rig.redis.hset((await shardHolding(rig.store, id)).keys.generation(id), { deadlineAt: Date.now() - 1 });
  const third = await rig.worker();
  await rig.reached(forgotten, ['overdue']);
  await rig.reached([dead], ['succeeded']);
  await third.writeFolder('hour');
  expect(await rowOf(rig, 'hour', stored)).toMatchObject({ state: 'succeeded' });
  for (const id of forgotten) await rig.redis.hset((await shardHolding(rig.store, id)).keys.generation(id), { missingSince: 1 });
  await rig.reached(ids, ['succeeded', 'failed']);
  const after = await Promise.all(ids.map((id) => rig.generation(id)));
  expect(after.map(({ state, failure }) => [state, failure?.kind])).toEqual([['succeeded', undefined], ['failed', 'missing'], ['failed', 'missing'], ['succeeded', undefined]]);
  for (const at of [0, 3]) expect(after[at]?.files).toEqual(before[at]?.files);
  expect(rig.simulator.counts().accepted).toBe(ids.length);
});

test.each([
  ['another key', 'kling', { KLING_API_KEY: 'of-another-account' }],
  ['another key', 'hailuo', { ACEDATA_API_KEY: 'of-another-account' }],
  ['another endpoint path', 'kling', { KLING_ENDPOINT_PATH: 'another' }],
] as const)('what may have been sent in the time that is gone is not sent again under %s of %s, which does not show what the one before has', async (_, provider, changes) => {
  const { rig, backUp, restore } = await openRestorable({}, { duplicateExternalId: 'accept' });
  const known = await rig.enqueue('known', [{ provider, ask: { prompt: 'seen before' } }]);
  const first = await rig.worker();
  await rig.reached(known, ['succeeded']);
  const { account, request } = await rig.generation(known[0] ?? '');
  for (const fact of ['foundBefore', 'nonceSeen'] as const) await learnLookup(rig.store, account, PROVIDERS[provider].lookupOf?.(request) ?? provider, fact);
  await pause(rig.store, `operator:${provider}`, { reason: 'backup', kind: 'operator', polls: false });
  const ids = await rig.enqueue('hour', prompts(provider, 2));
  await backUp();
  await resume(rig.store, provider, []);
  await rig.reached(ids, ['succeeded']);
  await first.stop(5_000);
  // Nor does the manifest of a folder tell of it.
  await rm(path.join(rig.folder, 'out', 'hour'), { recursive: true });
  // The other account has had the first one's prompt too, and so has its name: as where a file was tried out before.
  const trial = { method: 'POST', headers: { authorization: 'Bearer of-another-account' }, body: JSON.stringify({ prompt: 'seen before', external_task_id: 'known-0.1' }) };
  expect((await fetch(`${rig.simulator.url}/v1/ai/abc123/kling/videos/text2video`, trial)).status).toBe(200);
  const bill = rig.simulator.counts().accepted;

  await restore();
  await resume(rig.store, provider, []);
  expect(await afterRestore(rig)).toMatchObject({ inDoubt: 2 });
  await rig.worker(changes);
  await rig.reached(ids, ['succeeded', 'unresolved']);
  expect(rig.simulator.counts().accepted).toBe(bill);
});

test.each(['kling', 'hailuo'] as const)('what was submitted in neither time is submitted once, and nobody is asked, where the key of %s was exchanged for another of the same account', async (provider) => {
  const refusal = provider === 'kling' ? 'kling:1201' : 'acedata:forbidden';
  const { rig, backUp, restore } = await openRestorable({}, { faults: [{ on: 'create', what: refusal, match: 'not like this', times: 1 }] });
  const first = await rig.worker();
  const known = await rig.enqueue('known', [{ provider, ask: { prompt: 'seen before' } }]);
  await rig.reached(known, ['succeeded']);
  // The last submit has no task that a look-up could show: it was refused.
  await rig.reached(await rig.enqueue('refused', [{ provider, ask: { prompt: 'not like this' } }]), ['failed']);
  const { account, request } = await rig.generation(known[0] ?? '');
  for (const fact of ['foundBefore', 'nonceSeen'] as const) await learnLookup(rig.store, account, PROVIDERS[provider].lookupOf?.(request) ?? provider, fact);
  await pause(rig.store, `operator:${provider}`, { reason: 'night', kind: 'operator', polls: false });
  const ids = await rig.enqueue('waits', prompts(provider, 3));
  await backUp();
  await first.stop(5_000);
  await restore();
  await resume(rig.store, provider, []);
  expect(await afterRestore(rig)).toMatchObject({ inDoubt: 3 });
  await rig.worker({ KLING_API_KEY: 'test-kling#exchanged', ACEDATA_API_KEY: 'test-acedata#exchanged' });
  await rig.reached(ids, ['succeeded', 'unresolved']);
  for (const id of ids) expect(await rig.generation(id)).toMatchObject({ state: 'succeeded', attempts: 1, round: 1 });
  expect(rig.simulator.counts().accepted).toBe(known.length + ids.length);
});

// In four shards Kling's has nothing that is gone: it came back with the others all the same.
test.each(['1', '4'])('what was submitted in neither time is proved absent and submitted once, with %s shards', async (shards) => {
  const { rig, backUp, restore } = await openRestorable({ SHARDS: shards });
  const known = await rig.enqueue('known', [{ provider: 'kling', ask: { prompt: 'seen before' } }]);
  const first = await rig.worker();
  await rig.reached(known, ['succeeded']);
  await pause(rig.store, 'operator:kling', { reason: 'night', kind: 'operator', polls: false });
  const [gone = '', ...ids] = await rig.enqueue('waits', prompts('kling', 3));
  await cancelGeneration(rig, gone);
  const turns = await Promise.all(ids.map(async (id) => (await rig.generation(id)).turn));
  await backUp();
  const later = await rig.enqueue('later', [{ provider: 'hailuo', ask: { prompt: 'moves the ledger on' } }]);
  await rig.reached(later, ['succeeded']);
  await first.stop(5_000);
  await restore();
  await resume(rig.store, 'kling', []);
  await rig.worker();
  await expect.poll(async () => (await guardState(rig.store)).restoredAt).not.toBeNull();
  await afterRestore(rig);
  await rig.reached(ids, ['succeeded', 'unresolved']);
  // It was never sent: it has kept its place.
  for (const [at, id] of ids.entries()) expect(await rig.generation(id)).toMatchObject({ state: 'succeeded', attempts: 1, round: 1, absentUntil: expect.any(Number), turn: turns[at] });
  expect(rig.simulator.counts().byProvider).toMatchObject({ kling: 3, hailuo: 1 });
});

test('a running worker notices a Redis that came back older, and submits nothing to it', async () => {
  const { rig, backUp, restore } = await openRestorable();
  await rig.worker();
  const known = await rig.enqueue('before', prompts('allegro', 1));
  await rig.reached(known, ['succeeded']);
  await pause(rig.store, 'operator:kling', { reason: 'backup', kind: 'operator', polls: false });
  const ids = await rig.enqueue('lost', prompts('kling', 3));
  await backUp();
  await resume(rig.store, 'kling', []);
  await rig.reached(ids, ['succeeded']);
  const bill = rig.simulator.counts().accepted;
  await restore();
  await resume(rig.store, 'kling', []);
  await expect.poll(async () => (await pauses(rig.store)).map(({ kind }) => kind)).toEqual(['rolled-back']);
  expect(await queued(rig, 'kling')).toBe(3);
  await afterRestore(rig);
  await rig.reached(ids, ['succeeded', 'unresolved']);
  expect(rig.simulator.counts().accepted).toBe(bill);
});

test('nothing but a restored backup makes a queued generation ambiguous', async () => {
  const rig = await openRig();
  const [id = ''] = await rig.enqueue('fence', prompts('kling', 1));
  const generation = await rig.generation(id);
  await expect(transition(rig.store, generation, { from: ['queued'], to: 'ambiguous', by: '1.x' })).rejects.toThrow('only a restored backup');
});

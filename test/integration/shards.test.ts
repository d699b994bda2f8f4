/** A ledger of four shards on one Redis: one batch over all accounts, from the HTTP API to its webhook, and what may not happen to the number. */
import { createServer } from 'node:http';
import os from 'node:os';
import { setTimeout as rest } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { PROVIDER_NAMES } from '@dailies/providers';
import {
  OtherShards, agreeOnShards, allCounts, batchIds, cancelGeneration, changeShards, closeServer, createHttpService, createLog, createProducer, followLedger,
  formerShards, homeOf, loadConfig, openStore, pause, pauses, readBatch, readGenerations, readStates, reserve, resolveGeneration, resume, retryGeneration,
  search, shardOf, transition,
} from '@dailies/queue';
import { createWorker } from '@dailies/worker';
import { createApi } from '../../apps/producer/src/api/index.ts';
import { dailies } from '../support/command-line.ts';
import { newGeneration, openTestLedger, accept } from '../support/ledger.ts';
import { openReceiver } from '../support/receiver.ts';
import { PROMPTS, openRig, type Rig } from '../support/rig.ts';

const FOUR = { SHARDS: '4', WEBHOOK_SECRET: `whsec_${Buffer.alloc(32, 7).toString('base64')}` };

async function openFour(options: Parameters<typeof openRig>[0] = {}, more: Record<string, string> = {}): Promise<Rig & { api: string }> {
  const rig = await openRig(options, { ...FOUR, ...more });
  const log = createLog({ level: 'silent', name: 'test' });
  const config = loadConfig({ ...rig.environment, PORT: '0' }, { root: rig.folder, cwd: rig.folder });
  const service = createApi({ config, redisUrl: rig.redisUrl, log, version: '0.0.0-test' });
  const { url } = await service.start();
  onTestFinished(() => service.stop(2_000));
  return { ...rig, api: url };
}

test('a batch over five providers is made, told and read as one, wherever its parts are', async () => {
  const receiver = await openReceiver();
  const rig = await openFour();
  const items = PROVIDER_NAMES.flatMap((provider) => [0, 1].map((at) => ({ provider, ...PROMPTS[provider], id: `${provider}-${at}` })));
  const posted = await ask(rig, 'POST', '/v1/batches', { batch: 'films', items, webhook: receiver.url });
  expect(posted).toMatchObject({ total: 10, counts: { queued: 10 } });
  const ids = items.map(({ id }) => id);
  const shards = new Set((await readGenerations(rig.store, ids)).map((one) => one?.shard));
  expect(shards.size).toBe(3);
  const follower = followLedger(rig.store, { everyMs: 100 });
  onTestFinished(() => follower.stop());
  const stream = followEvents(rig, 'films');

  const worker = await rig.worker();
  await rig.reached(ids, ['succeeded']);
  const told = await stream;
  const succeeded = told.filter(({ event, data }) => event === 'transition' && data.to === 'succeeded');
  expect(succeeded.map(({ data }) => data.id).toSorted()).toEqual(ids.toSorted());
  expect(told.at(-1)).toMatchObject({ event: 'finished', data: { counts: { succeeded: 10 } } });
  // Whoever comes back in the middle gets exactly what comes after.
  const middle = told.findIndex((_, at) => stepsIn(told.slice(0, at + 1)).length === 21);
  const again = await followEvents(rig, 'films', told[middle]?.id);
  expect(stepsIn(again).toSorted()).toEqual(stepsIn(told.slice(middle + 1)).toSorted());

  expect(await worker.flushWebhooks(10_000)).toBe(0);
  await rest(300);
  const finished = receiver.received.filter(({ json }) => json.type === 'batch.finished');
  expect(finished.map(({ json }) => json.data['total'])).toEqual([10]);
  expect(receiver.received.filter(({ json }) => json.type === 'generation.succeeded')).toHaveLength(10);
  expect(await batchIds(rig.store, 'films')).toEqual(ids);
  const listed = await ask(rig, 'GET', '/v1/generations?limit=4');
  const others = await ask(rig, 'GET', `/v1/generations?limit=10&cursor=${String(listed.cursor)}`);
  expect([...listed.items, ...others.items].map(({ id }) => id).toSorted()).toEqual(ids.toSorted());
  const page = await ask(rig, 'GET', '/v1/batches/films/generations?limit=3');
  expect((await ask(rig, 'GET', `/v1/batches/films/generations?limit=3&cursor=${String(page.cursor)}`)).items.map(({ id }) => id)).toEqual(ids.slice(3, 6));
  await follower.catchUp();
  expect(search(follower.catalogue, { batch: 'films', states: ['succeeded'] }, { size: 100 }).total).toBe(10);
  for (const name of PROVIDER_NAMES) expect((await allCounts(rig.store))[name].succeeded).toBe(2);
  expect(rig.simulator.ledger().length).toBe(10);
});

test('cancel, retry and resolve find a generation in whatever shard it is, and a batch that goes on is told again', async () => {
  const receiver = await openReceiver();
  const rig = await openFour();
  const items = [
    { provider: 'kling', ...PROMPTS.kling, id: 'k' },
    { provider: 'luma', ...PROMPTS.luma, id: 'l' },
    { provider: 'allegro', ...PROMPTS.allegro, id: 'a' },
  ];
  const result = await ask(rig, 'POST', '/v1/batches', { batch: 'b', webhook: receiver.url, items });
  expect(result['total']).toBe(3);
  const allegro = await rig.generation('a');
  const admission = { reservation: 'x', limit: 9, limitOfProvider: 9, judgeAfterMs: 60_000 };
  await transition(rig.store, allegro, { from: ['queued'], to: 'submitting', by: '1.t', admission });
  await transition(rig.store, allegro, { from: ['submitting'], to: 'ambiguous', by: '1.t' });
  await transition(rig.store, allegro, { from: ['ambiguous'], to: 'unresolved', by: '1.t' });
  expect(await cancelGeneration(rig, 'k')).toMatchObject({ outcome: 'canceled' });
  expect(await cancelGeneration(rig, 'l')).toMatchObject({ outcome: 'canceled' });
  const worker = await rig.worker();
  await worker.flushWebhooks(10_000);
  expect(await resolveGeneration(rig, 'a', { what: 'abandon' })).toMatchObject({ done: true });
  expect(await retryGeneration(rig, 'l', { mayPay: true, byId: true })).toMatchObject({ done: true, plan: 'submit' });
  await rig.reached(['l'], ['succeeded']);
  await worker.flushWebhooks(10_000);
  const revisions = receiver.received.filter(({ json }) => json.type === 'batch.finished').map(({ json }) => Number(json.revision));
  expect(revisions.length).toBeGreaterThanOrEqual(2);
  expect(revisions).toEqual([...new Set(revisions)].toSorted((a, b) => a - b));
});

test('a pause of a person holds a provider in every shard, and its resume ends it there', async () => {
  const { store } = openTestLedger(undefined, 4);
  await pause(store, 'operator:hailuo', { reason: 'r', kind: 'operator', polls: true });
  await pause(store, 'account:kling@http://127.0.0.1:1', { reason: 'money', kind: 'quota', polls: false });
  expect((await pauses(store)).map(({ scope }) => scope).toSorted()).toEqual(['account:kling@http://127.0.0.1:1', 'operator:hailuo']);
  for (const shard of store.shards) expect((await pauses(shard)).some(({ scope }) => scope === 'operator:hailuo')).toBe(true);
  expect(await pauses(shardOf(store, 'kling@x'))).toHaveLength(2);
  expect(await resume(store, 'hailuo', [])).toEqual(['operator:hailuo']);
  for (const shard of store.shards) expect((await pauses(shard)).some(({ scope }) => scope === 'operator:hailuo')).toBe(false);
});

test('who counts other shards is refused, and told what helps; of two who come first at once one is', async () => {
  const { redis, tag, redisUrl } = openTestLedger(undefined, 4);
  const both = await Promise.allSettled([agreeOnShards(openStore(redis, tag, 4)), agreeOnShards(openStore(redis, tag, 2))]);
  expect(both.filter(({ status }) => status === 'rejected')).toHaveLength(1);
  const agreed = both[0]?.status === 'fulfilled' ? 4 : 2;
  await expect(agreeOnShards(openStore(redis, tag, 3))).rejects.toThrow(`SHARDS=3, but this ledger has ${agreed}`);
  await expect(createProducer({ redisUrl, tag })).rejects.toThrow(OtherShards);
  const config = loadConfig({ REDIS_TAG: tag, SHARDS: '3' }, { root: '/', cwd: '/' });
  const worker = createWorker({ config, redisUrl, log: createLog({ level: 'silent', name: 'test' }), healthPort: null });
  await expect(worker.start()).rejects.toThrow('dailies doctor --shards');
  await worker.stop(1_000);
});

test('the number changes only while nothing is on its way, and whoever still runs with the old one is refused from then on', async () => {
  const { redis, tag } = openTestLedger(undefined, 4);
  const one = openStore(redis, tag, 1);
  await agreeOnShards(one);
  await accept(one, 'old', [newGeneration('k', { provider: 'kling', account: 'kling@http://127.0.0.1:1' })]);
  expect(await changeShards(redis, tag, 4)).toMatchObject({ outcome: 'refused', from: 1, why: [{ shard: 0, open: 1 }] });
  await agreeOnShards(one);
  const queued = (await readGenerations(one, ['k']))[0];
  if (queued === null || queued === undefined) throw new Error('it is not there');
  await transition(one, queued, { from: ['queued'], to: 'canceled', by: '1.t' });
  // What was never sealed has nobody after a minute, when the process that wrote it is gone.
  const dead = Array.from({ length: 12 }, (_, at) => `dead-${at}`);
  await redis.zadd(one.keys.intakes, Date.now(), 'young', ...dead.flatMap((token) => [Date.now() - 61_000, token]));
  await redis.rpush(one.keys.intake('dead-11'), 'unsealed', '1|queued|2');
  await redis.hset(one.keys.generation('unsealed'), { state: 'queued', changedAt: Date.now() - 61_000 });
  expect(await changeShards(redis, tag, 4)).toMatchObject({ outcome: 'refused', why: [{ shard: 0, open: 1 }] });
  expect(await redis.zrange(one.keys.intakes, '0', '-1')).toEqual(['young']);
  expect(await redis.exists(one.keys.intake('dead-11'), one.keys.generation('unsealed'))).toBe(0);
  await redis.zrem(one.keys.intakes, 'young');
  expect(await changeShards(redis, tag, 4)).toEqual({ outcome: 'changed', from: 1 });
  await expect(accept(one, 'old', [newGeneration('n')])).rejects.toThrow(OtherShards);

  // What was there is found, is the same work, and is still where it was.
  const four = openStore(redis, tag, 4);
  await agreeOnShards(four);
  expect(await formerShards(four)).toBe(1);
  expect((await readStates(four, ['k'])).get('k')).toBe('canceled');
  const known = newGeneration('k', { provider: 'kling', account: 'kling@http://127.0.0.1:1' });
  const fresh = newGeneration('n', { provider: 'luma', account: 'luma@http://127.0.0.1:1' });
  await accept(four, 'old', [known, fresh]);
  expect(await batchIds(four, 'old')).toEqual(['k', 'n']);
  expect(await readBatch(four, 'old')).toMatchObject({ total: 2, counts: { canceled: 1, queued: 1 } });
  expect(await changeShards(redis, tag, 1)).toMatchObject({ outcome: 'refused', from: 4 });
});

test('a service whose ledger was given another number ends by itself, and with the exit code of a fault', async () => {
  const { redis, tag } = openTestLedger(undefined, 4);
  const store = openStore(redis, tag, 1);
  const server = createServer();
  const service = createHttpService('it', createLog({ level: 'silent', name: 'test' }));
  const address = { host: '127.0.0.1', port: 0, variables: { host: 'HOST', port: 'PORT' } };
  await service.start({ redis, store, server, stop: (deadlineMs) => closeServer(server, deadlineMs) }, address);
  expect(await changeShards(redis, tag, 4)).toMatchObject({ outcome: 'changed' });
  onTestFinished(() => void (process.exitCode = undefined));
  redis.disconnect(true);
  await expect.poll(() => server.listening).toBe(false);
  expect(process.exitCode).toBe(2);
});

test('a shard that is the home of a batch is not left, though none of its generations are there', async () => {
  const { redis, redisUrl, tag, store } = openTestLedger(undefined, 4);
  await agreeOnShards(store);
  const name = Array.from({ length: 100 }, (_, at) => `films-${at}`).find((one) => homeOf(store, one).number === 3) ?? '';
  await accept(store, name, [newGeneration('g')]);
  const [queued] = await readGenerations(store, ['g']);
  if (queued === null || queued === undefined) throw new Error('it is not there');
  expect(queued.shard).toBe(0);
  await transition(store, queued, { from: ['queued'], to: 'canceled', by: '1.t' });
  expect(await changeShards(redis, tag, 2)).toMatchObject({ outcome: 'refused', from: 4, why: [{ shard: 3, open: 0, kept: 1 }] });
  const { code, stderr } = await dailies({ REDIS_URL: redisUrl, REDIS_TAG: tag, SHARDS: '2', LOG_LEVEL: 'silent' }, os.tmpdir(), ['doctor', '--shards']);
  expect(code).toBe(2);
  expect(stderr).toContain('and shard 3 holds 1, which would be left. It would not be found any more: keep SHARDS=4.');
  for (const { keys } of store.shards) await redis.zadd(keys.intakes, Date.now() - 61_000, '3.dead');
  expect(await changeShards(redis, tag, 6)).toMatchObject({ outcome: 'changed' });
  expect(await readBatch(openStore(redis, tag, 6), name)).toMatchObject({ total: 1, counts: { canceled: 1 } });
});

test('that there were fewer shards is remembered, though shard 0 held nothing then', async () => {
  const { redis, tag } = openTestLedger(undefined, 4);
  const two = openStore(redis, tag, 2);
  await agreeOnShards(two);
  await accept(two, null, [newGeneration('h', { provider: 'hailuo', account: 'hailuo@http://127.0.0.1:1' })]);
  const [queued] = await readGenerations(two, ['h']);
  if (queued === null || queued === undefined) throw new Error('it is not there');
  expect(queued.shard).toBe(1);
  await transition(two, queued, { from: ['queued'], to: 'canceled', by: '1.t' });
  expect(await changeShards(redis, tag, 4)).toMatchObject({ outcome: 'changed' });
  expect(await formerShards(openStore(redis, tag, 4))).toBe(2);
});

test('what a person has paused is paused in the shards that come, and what was resumed meanwhile is not', async () => {
  const { redis, tag } = openTestLedger(undefined, 4);
  const [one, four] = [openStore(redis, tag, 1), openStore(redis, tag, 4)];
  const go = (provider: 'kling' | 'luma'): Promise<unknown> => reserve(four, { provider, account: `${provider}@http://127.0.0.1:1`, limits: { account: 1, provider: 1 }, token: provider });
  await agreeOnShards(one);
  await pause(one, 'operator:kling', { reason: 'night', kind: 'operator', polls: false });
  expect(await changeShards(redis, tag, 4)).toMatchObject({ outcome: 'changed' });
  expect(await go('kling')).toMatchObject({ go: false, why: 'paused' });

  await pause(four, 'operator:luma', { reason: 'night', kind: 'operator', polls: false });
  expect(await changeShards(redis, tag, 1)).toMatchObject({ outcome: 'changed' });
  for (const provider of ['kling', 'luma'] as const) await resume(one, provider, []);
  expect(await changeShards(redis, tag, 4)).toMatchObject({ outcome: 'changed' });
  expect(await pauses(four)).toEqual([]);
  expect(await go('luma')).toMatchObject({ go: false, why: 'nothing' });
});

test('what is retried where the ledger once had fewer shards goes on there', async () => {
  const rig = await openRig({}, FOUR);
  const one = openStore(rig.redis, rig.tag, 1);
  const account = rig.config.providers.kling.account?.id ?? '';
  const request = { ...PROMPTS.kling, params: { duration: '5' } };
  await accept(one, 'old', [newGeneration('k', { provider: 'kling', account, ask: PROMPTS.kling, request })]);
  const [queued] = await readGenerations(one, ['k']);
  if (queued === null || queued === undefined) throw new Error('it is not there');
  await transition(one, queued, { from: ['queued'], to: 'canceled', by: '1.t' });
  expect(await changeShards(rig.redis, rig.tag, 4)).toMatchObject({ outcome: 'changed' });
  await rig.worker();
  expect(await retryGeneration(rig, 'k', { mayPay: true, byId: true })).toMatchObject({ done: true, plan: 'submit' });
  await rig.reached(['k'], ['succeeded', 'failed']);
  expect((await rig.generation('k')).shard).toBe(0);
});

interface Told {
  event: string;
  id: string;
  data: { id: string; to?: string; counts?: Record<string, number> };
}

/** Until the batch is finished. */
async function followEvents({ api }: { api: string }, batch: string, after?: string): Promise<Told[]> {
  const response = await fetch(`${api}/v1/batches/${batch}/events?until=finished`, { headers: after === undefined ? {} : { 'Last-Event-ID': after } });
  const text = await response.text();
  return text.split('\n\n').flatMap((block) => {
    const fields = Object.fromEntries(block.split('\n').map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 2)]));
    return fields['event'] === undefined ? [] : [{ event: fields['event'], id: fields['id'] ?? '', data: JSON.parse(fields['data'] ?? '{}') as Told['data'] }];
  });
}

/** The transitions among these events. */
function stepsIn(told: readonly Told[]): string[] {
  return told.filter(({ event }) => event === 'transition').map(({ data }) => `${data.id} ${data.to}`);
}

type Answered = { items: { id: string }[]; cursor: string | null } & Record<string, unknown>;

async function ask({ api }: { api: string }, method: string, way: string, body?: object): Promise<Answered> {
  const sent = body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } };
  const response = await fetch(`${api}${way}`, { method, ...sent });
  expect(response.ok, `${method} ${way}: ${response.status}`).toBe(true);
  return (await response.json()) as Answered;
}

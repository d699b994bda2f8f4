import { createGenerations, jobId, type JobPayload, pause, pausesOf, readGeneration, retryGeneration } from '@dailies/queue';
import type { Job } from 'bullmq';
import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest';
import { type House, openHouse } from '../testing/house.ts';
import { removeJob, retryJob } from './job-actions.ts';
import { failed, failedAsset, queued, read, rendering, submit, succeeded, unresolved } from '../testing/scene.ts';

const UPSTREAM = { kind: 'upstream', message: 'the upstream could not make it', code: '1301', retryable: true };

let house: House;
beforeEach(async () => {
  house = await openHouse(inject('redisUrl'));
});
afterEach(() => house.close());

const job = (queue: string, id: string, seq: number): Promise<Job<JobPayload> | undefined> => house.desk.queues.get(queue).getJob(jobId(id, seq));
const counts = (queue: string) => house.desk.queues.get(queue).getJobCounts();

async function listed(queue: string, status: string): Promise<Record<string, unknown>[]> {
  const { body } = await house.call('GET', `/queues?activeQueue=${queue}&status=${status}&page=1&jobsPerPage=50`);
  const queues = body['queues'] as { name: string; jobs: Record<string, unknown>[] }[];
  return queues.find(({ name }) => name === queue)?.jobs ?? [];
}

async function queueOf(name: string): Promise<Record<string, unknown>> {
  const { body } = await house.call('GET', '/queues');
  return (body['queues'] as Record<string, unknown>[]).find((queue) => queue['name'] === name) ?? {};
}

describe('what the board shows', () => {
  it('lets no sign in a prompt turn what is said of its job', async () => {
    await unresolved(house, { id: 'gturned', title: 'harmless \u202eand turned' });
    expect((await listed('allegro-poll', 'failed')).map((shown) => shown['name'])).toContain('harmless and turned · unresolved');
  });

  it('says of both queues of a provider what may pay: a failed poll is retried by a submit', async () => {
    for (const queue of ['allegro-submit', 'allegro-poll']) expect((await queueOf(queue))['description']).toContain('may pay again');
  });

  it('names a job by its prompt and shows nothing of it but id, seq, title and the state', async () => {
    await failed(house, { id: 'g1', title: 'a red fox https://host/x.png?sig=SECRET' }, UPSTREAM);
    const [shown] = await listed('allegro-poll', 'failed');
    expect(shown?.['name']).toBe('a red fox https://host/x.png');
    expect(shown?.['data']).toEqual({ v: 1, id: 'g1', seq: 2, title: 'a red fox https://host/x.png', state: 'failed' });
    expect(shown?.['failedReason']).toBe('upstream: the upstream could not make it (code 1301)');
    expect(JSON.stringify(shown)).not.toContain('SECRET');
  });

  it('groups every queue by provider', async () => {
    const { body } = await house.call('GET', '/queues');
    const queues = body['queues'] as { name: string; displayName: string; delimiter: string; description: string }[];
    expect(queues).toHaveLength(12);
    expect(queues[0]).toMatchObject({ name: 'allegro-submit', displayName: 'allegro / submit', delimiter: '-' });
    expect(queues.every(({ description }) => description.length > 40)).toBe(true);
  });
});

describe('retry', () => {
  it('starts a new round, exactly once, for one failed by the upstream that a person chose', async () => {
    await failed(house, { id: 'g1' }, UPSTREAM);
    const answers = await Promise.all([house.call('PUT', '/queues/allegro-poll/g1-2/retry'), house.call('PUT', '/queues/allegro-poll/g1-2/retry')]);
    expect(answers.map(({ status }) => status).filter((status) => status === 204)).toHaveLength(1);
    expect(await read(house, 'g1')).toMatchObject({ state: 'queued', round: 2, seq: 3 });
    expect(await counts('allegro-submit')).toMatchObject({ prioritized: 1 });
    expect(await counts('allegro-poll')).toMatchObject({ failed: 0, waiting: 0, delayed: 0 });
  });

  it('only fetches again what is paid and could not be fetched', async () => {
    await failedAsset(house, { id: 'g1' });
    expect((await house.call('PUT', '/queues/download/g1-3/retry')).status).toBe(204);
    expect(await read(house, 'g1')).toMatchObject({ state: 'downloading', round: 1, seq: 4 });
    expect(await counts('download')).toMatchObject({ waiting: 1, failed: 0 });
  });

  it('only polls again what the upstream may still have', async () => {
    await failed(house, { id: 'g1' }, { ...UPSTREAM, kind: 'missing' });
    expect((await house.call('PUT', '/queues/allegro-poll/g1-2/retry')).status).toBe(204);
    expect(await read(house, 'g1')).toMatchObject({ state: 'rendering', round: 1 });
  });

  it('of all never pays, takes what is free, and counts truthfully', async () => {
    await failed(house, { id: 'paid1' }, UPSTREAM);
    await failed(house, { id: 'free1' }, { ...UPSTREAM, kind: 'missing' });
    const { status, body } = await house.call('PUT', '/queues/allegro-poll/retry/failed');
    expect({ status, body }).toEqual({ status: 200, body: { retried: 1, skipped: 1 } });
    expect(await read(house, 'paid1')).toMatchObject({ state: 'failed', round: 1 });
    expect(await read(house, 'free1')).toMatchObject({ state: 'rendering', round: 1 });
    expect(await counts('allegro-submit')).toMatchObject({ prioritized: 0 });
  });

  it('of all takes every one of them, not the first two', async () => {
    const ids = ['free1', 'free2', 'free3', 'free4'];
    for (const id of ids) await failed(house, { id }, { ...UPSTREAM, kind: 'missing' });
    const { body } = await house.call('PUT', '/queues/allegro-poll/retry/failed');
    expect(body).toEqual({ retried: 4, skipped: 0 });
    for (const id of ids) expect(await read(house, id)).toMatchObject({ state: 'rendering', round: 1 });
  });

  it('of an unresolved one is refused, and names the command that resolves it', async () => {
    await unresolved(house, { id: 'g1' });
    const { status, body } = await house.call('PUT', '/queues/allegro-poll/g1-2/retry');
    expect(status).toBe(409);
    expect(body['message']).toContain('dailies resolve g1');
    await house.call('PUT', '/queues/allegro-poll/retry/failed');
    await house.call('PUT', '/queues/allegro-submit/retry/failed');
    expect(await read(house, 'g1')).toMatchObject({ state: 'unresolved', round: 1 });
  });

  it('of a job of an earlier go never pays', async () => {
    await failed(house, { id: 'g1' }, UPSTREAM);
    await house.desk.store.redis.hset(house.desk.store.keys.generation('g1'), 'seq', 7);
    const { status, body } = await house.call('PUT', '/queues/allegro-poll/g1-2/retry');
    expect(status).toBe(409);
    expect(body['message']).toContain('earlier go');
    expect(await read(house, 'g1')).toMatchObject({ state: 'failed', round: 1 });
  });

  it('of a job that another retry takes at the same moment gives its next go no second job', async () => {
    await failed(house, { id: 'g1' }, UPSTREAM);
    const chosen = await job('allegro-poll', 'g1', 2);
    if (chosen === undefined) throw new Error('no job');
    // The other retry has moved the generation on, and its new job is not there yet.
    const meanwhile = Object.assign(chosen, {
      isFailed: async () => {
        await retryGeneration(house.desk, 'g1', { mayPay: true, byId: true, isHandedOverLater: true });
        return true;
      },
    });
    await expect(retryJob(house.desk, meanwhile, 'one')).rejects.toThrow('on its way (queued)');
    expect(await read(house, 'g1')).toMatchObject({ state: 'queued', round: 2, seq: 3 });
  });

  it('gives a new job to one that is on its way and has lost its own', async () => {
    await queued(house, { id: 'g1' });
    await house.desk.store.redis.zrem(`${house.desk.store.keys.prefix}:allegro-submit:prioritized`, 'g1-1');
    await house.desk.store.redis.zadd(`${house.desk.store.keys.prefix}:allegro-submit:failed`, Date.now(), 'g1-1');
    await house.desk.store.redis.hset(`${house.desk.store.keys.prefix}:allegro-submit:g1-1`, 'finishedOn', Date.now());
    expect((await house.call('PUT', '/queues/allegro-submit/g1-1/retry')).status).toBe(204);
    expect(await read(house, 'g1')).toMatchObject({ state: 'queued', round: 1, seq: 2 });
    expect(await counts('allegro-submit')).toMatchObject({ prioritized: 1, failed: 0 });
  });

  it('of completed jobs is off', async () => {
    await succeeded(house, { id: 'g1' });
    expect((await house.call('PUT', '/queues/download/g1-3/retry')).status).toBe(409);
    expect((await house.call('PUT', '/queues/download/retry/completed')).status).toBe(409);
    expect((await queueOf('download'))['allowCompletedRetries']).toBe(false);
    expect(await read(house, 'g1')).toMatchObject({ state: 'succeeded', seq: 3 });
  });
});

describe('remove', () => {
  it('cancels a queued one, and nothing is paid', async () => {
    await queued(house, { id: 'g1' });
    expect((await house.call('PUT', '/queues/allegro-submit/g1-1/clean')).status).toBe(204);
    expect(await read(house, 'g1')).toMatchObject({ state: 'canceled', attempts: 0 });
    expect(await job('allegro-submit', 'g1', 1)).toBeUndefined();
  });

  it('cancels a rendering one and keeps its task and its job, since the upstream still counts it', async () => {
    await rendering(house, { id: 'g1' });
    expect((await house.call('PUT', '/queues/allegro-poll/g1-2/clean')).status).toBe(204);
    expect(await read(house, 'g1')).toMatchObject({ state: 'canceled', task: { id: 'task-g1' } });
    expect(await job('allegro-poll', 'g1', 2)).toBeDefined();
    expect((await house.call('PUT', '/queues/allegro-poll/g1-2/clean')).status).toBe(409);
    expect(await job('allegro-poll', 'g1', 2)).toBeDefined();
  });

  it('is refused where the rules refuse a cancel, and the job stays', async () => {
    await unresolved(house, { id: 'g1' });
    const { status, body } = await house.call('PUT', '/queues/allegro-poll/g1-2/clean');
    expect(status).toBe(409);
    expect(body['message']).toContain('--abandon');
    expect(await job('allegro-poll', 'g1', 2)).toBeDefined();
  });

  it('does not cancel what is paid since it was looked at', async () => {
    await queued(house, { id: 'g1' });
    const waiting = await job('allegro-submit', 'g1', 1);
    if (waiting === undefined) throw new Error('no job');
    // It is submitted, and accepted, while the remove looks at its job.
    const meanwhile = Object.assign(waiting, {
      isCompleted: async () => {
        await submit(house, { id: 'g1' });
        return false;
      },
    });
    await expect(removeJob(house.desk, meanwhile)).rejects.toThrow('changed meanwhile');
    expect(await read(house, 'g1')).toMatchObject({ state: 'rendering', task: { id: 'task-g1' } });
  });

  it('of a failed job only takes the job away', async () => {
    await failed(house, { id: 'g1' }, UPSTREAM);
    expect((await house.call('PUT', '/queues/allegro-poll/g1-2/clean')).status).toBe(204);
    expect(await job('allegro-poll', 'g1', 2)).toBeUndefined();
    expect(await read(house, 'g1')).toMatchObject({ state: 'failed', failure: UPSTREAM });
  });
});

describe('promote', () => {
  it('is refused before the first wait of the provider, with the reason', async () => {
    await rendering(house, { id: 'g1' });
    const { status, body } = await house.call('PUT', '/queues/allegro-poll/g1-2/promote');
    expect(status).toBe(409);
    expect(body['message']).toMatch(/The first look at a task of allegro comes 120 s after its submit/);
    expect(await counts('allegro-poll')).toMatchObject({ delayed: 1 });
  });

  it('of a submit is refused: it goes in its turn', async () => {
    await queued(house, { id: 'g1' });
    const { status, body } = await house.call('PUT', '/queues/allegro-submit/g1-1/promote');
    expect(status).toBe(409);
    expect(body['message']).toContain('in their turn');
  });

  it('lets a look start after the first wait', async () => {
    await rendering(house, { id: 'g1' }, Date.now() - 121_000);
    expect((await house.call('PUT', '/queues/allegro-poll/g1-2/promote')).status).toBe(204);
    expect(await counts('allegro-poll')).toMatchObject({ delayed: 0, waiting: 1 });
  });

  it('of all takes those that may, and leaves the others', async () => {
    await rendering(house, { id: 'early' });
    await rendering(house, { id: 'late' }, Date.now() - 121_000);
    expect((await house.call('PUT', '/queues/allegro-poll/promote')).status).toBe(200);
    expect(await (await job('allegro-poll', 'early', 2))?.getState()).toBe('delayed');
    expect(await (await job('allegro-poll', 'late', 2))?.getState()).toBe('waiting');
  });

  it('of all takes every one of them, not the first two', async () => {
    for (const id of ['g1', 'g2', 'g3', 'g4']) await rendering(house, { id }, Date.now() - 121_000);
    expect((await house.call('PUT', '/queues/allegro-poll/promote')).status).toBe(200);
    expect(await counts('allegro-poll')).toMatchObject({ delayed: 0, waiting: 4 });
  });
});

describe('clean', () => {
  it('takes away finished jobs and keeps every record', async () => {
    await succeeded(house, { id: 'g1' });
    await house.desk.store.redis.hset(`${house.desk.store.keys.prefix}:download:g1-3`, 'finishedOn', Date.now() - 60_000);
    expect((await house.call('PUT', '/queues/download/clean/completed')).status).toBe(200);
    expect(await counts('download')).toMatchObject({ completed: 0 });
    expect(await read(house, 'g1')).toMatchObject({ state: 'succeeded' });
  });

  it('leaves what ended just now to who looks at it', async () => {
    await succeeded(house, { id: 'g1' });
    await house.desk.store.redis.hset(`${house.desk.store.keys.prefix}:download:g1-3`, 'finishedOn', Date.now() + 60_000);
    expect((await house.call('PUT', '/queues/download/clean/completed')).status).toBe(200);
    expect(await counts('download')).toMatchObject({ completed: 1 });
  });

  it('leaves the job of what is still on its way, from which it is retried', async () => {
    await rendering(house, { id: 'g1' });
    const { keys, redis } = house.desk.store;
    await redis.zrem(`${keys.prefix}:allegro-poll:delayed`, 'g1-2');
    await redis.zadd(`${keys.prefix}:allegro-poll:failed`, Date.now(), 'g1-2');
    await redis.hset(`${keys.prefix}:allegro-poll:g1-2`, 'finishedOn', Date.now() - 60_000);
    expect((await house.call('PUT', '/queues/allegro-poll/clean/failed')).status).toBe(200);
    expect(await job('allegro-poll', 'g1', 2)).toBeDefined();
  });

  it('takes every finished job, not the first two', async () => {
    for (const id of ['g1', 'g2', 'g3', 'g4']) await failed(house, { id }, UPSTREAM);
    for (const id of ['g1', 'g2', 'g3', 'g4']) {
      await house.desk.store.redis.hset(`${house.desk.store.keys.prefix}:allegro-poll:${id}-2`, 'finishedOn', Date.now() - 60_000);
    }
    expect((await house.call('PUT', '/queues/allegro-poll/clean/failed')).status).toBe(200);
    expect(await counts('allegro-poll')).toMatchObject({ failed: 0 });
  });

  it.each(['wait', 'delayed', 'active', 'prioritized'])('never touches %s jobs', async (status) => {
    await rendering(house, { id: 'g1' });
    await queued(house, { id: 'g2' });
    expect((await house.call('PUT', `/queues/allegro-poll/clean/${status}`)).status).toBe(409);
    expect((await house.call('PUT', `/queues/allegro-submit/clean/${status}`)).status).toBe(409);
    expect(await counts('allegro-poll')).toMatchObject({ delayed: 1 });
    expect(await counts('allegro-submit')).toMatchObject({ prioritized: 1 });
  });
});

describe('pause', () => {
  const account = () => house.config.providers.allegro.account?.id ?? '';

  it('of a submit queue holds submits in the ledger, and shows it with its reason', async () => {
    expect((await house.call('PUT', '/queues/allegro-submit/pause')).status).toBe(200);
    expect(await pausesOf(house.desk.store, 'allegro', account())).toMatchObject([{ scope: 'operator:allegro', polls: false }]);
    expect(await house.desk.queues.get('allegro-submit').isPaused()).toBe(false);
    expect(await queueOf('allegro-submit')).toMatchObject({ isPaused: true, description: expect.stringContaining('paused in the dashboard') as string });
    expect(await queueOf('allegro-poll')).toMatchObject({ isPaused: false });
  });

  it('of a poll queue holds looks as well, and resume ends both', async () => {
    await house.call('PUT', '/queues/allegro-poll/pause');
    expect(await queueOf('allegro-poll')).toMatchObject({ isPaused: true });
    expect(await queueOf('allegro-submit')).toMatchObject({ isPaused: true });
    await house.call('PUT', '/queues/allegro-submit/resume');
    expect(await pausesOf(house.desk.store, 'allegro', account())).toEqual([]);
  });

  it('of a poll queue keeps the reason that a person has given for holding submits', async () => {
    await pause(house.desk.store, 'operator:allegro', { reason: 'ask Ann', kind: 'operator', polls: false });
    await house.call('PUT', '/queues/allegro-poll/pause');
    expect(await pausesOf(house.desk.store, 'allegro', account())).toMatchObject([{ reason: 'ask Ann', polls: true }]);
  });

  it('of everything leaves downloads alone', async () => {
    expect((await house.call('PUT', '/queues/download/pause')).status).toBe(409);
    expect((await house.call('PUT', '/queues/pause')).status).toBe(200);
    expect(await queueOf('luma-poll')).toMatchObject({ isPaused: true });
    expect(await queueOf('download')).toMatchObject({ isPaused: false });
    expect((await house.call('PUT', '/queues/resume')).status).toBe(200);
    expect(await queueOf('luma-poll')).toMatchObject({ isPaused: false });
  });
});

describe('a board that has no key of a provider', () => {
  const account = 'allegro@http://127.0.0.1:9';
  const openKeyless = (environment: Record<string, string> = {}): Promise<House> => openHouse(inject('redisUrl'), { ALLEGRO_API_KEY: '', ...environment });

  it('shows the pause of the account that its generations were given to, and ends it', async () => {
    await house.close();
    house = await openKeyless();
    const item = { id: 'g1', provider: 'allegro' as const, account, ask: { prompt: 'a red fox' }, request: {}, fingerprint: 'g1', priority: 1, metadata: null };
    await createGenerations(house.desk.store, { batch: null, lane: 'test', attended: false, items: [item] });
    await pause(house.desk.store, `account:${account}`, { reason: 'the balance is used up', kind: 'quota', polls: false });
    await expect.poll(() => queueOf('allegro-submit')).toMatchObject({ isPaused: true, description: expect.stringContaining('the balance is used up') as string });
    expect((await house.call('PUT', '/queues/allegro-submit/resume')).status).toBe(200);
    expect(await pausesOf(house.desk.store, 'allegro', account)).toEqual([]);
    expect(await queueOf('allegro-submit')).toMatchObject({ isPaused: false });
  });

  it('has its queues in every shard: its work is where the account of the workers lives', async () => {
    await house.close();
    house = await openKeyless({ SHARDS: '3' });
    const { body } = await house.call('GET', '/queues');
    const names = (body['queues'] as { name: string }[]).map(({ name }) => name);
    expect(names.filter((name) => name.endsWith('luma-submit'))).toEqual(['luma-submit', 's1-luma-submit', 's2-luma-submit']);
  });
});

describe('what has no meaning here', () => {
  it.each([
    ['POST', '/queues/allegro-submit/add', { name: 'submit.v1', data: {}, options: {} }],
    ['PATCH', '/queues/allegro-submit/g1-1/update-data', { jobData: { id: 'other' } }],
    ['PATCH', '/queues/allegro-submit/g1-1/priority', { priority: 1 }],
    ['PUT', '/queues/allegro-submit/empty', undefined],
    ['PUT', '/queues/allegro-submit/obliterate', { force: true }],
    ['PUT', '/queues/allegro-submit/concurrency', { concurrency: 1 }],
    ['PUT', '/queues/allegro-submit/rate-limit/release', undefined],
    ['PUT', '/queues/allegro-submit/job-schedulers/x/remove', undefined],
  ] as const)('refuses %s %s with a reason', async (method, route, body) => {
    await queued(house, { id: 'g1' });
    await house.call('PUT', '/queues/allegro-submit/pause');
    const stored = () => house.desk.store.redis.hgetall(`${house.desk.store.keys.prefix}:allegro-submit:g1-1`);
    const before = await stored();
    const answer = await house.call(method, route, body);
    expect(answer.status).toBe(409);
    expect(answer.body['message']).toMatch(/\w+ \w+/);
    expect(await stored()).toEqual(before);
    expect(await counts('allegro-submit')).toMatchObject({ prioritized: 1 });
    expect((await readGeneration(house.desk.store, 'g1'))?.state).toBe('queued');
  });

  it('refuses to change the delay of a job', async () => {
    await rendering(house, { id: 'g1' });
    expect((await house.call('PATCH', '/queues/allegro-poll/g1-2/delay', { runAt: Date.now() })).status).toBe(409);
    expect((await job('allegro-poll', 'g1', 2))?.delay).toBe(3_600_000);
  });
});

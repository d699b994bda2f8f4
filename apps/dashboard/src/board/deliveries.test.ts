/** Bull Board's actions on webhooks: free, and still with the event's record in front. */
import { noteFailure, readEvent } from '@dailies/queue';
import { afterEach, beforeEach, expect, inject, it } from 'vitest';
import { type House, openHouse } from '../testing/house.ts';
import { untold } from '../testing/scene.ts';

let house: House;
beforeEach(async () => {
  house = await openHouse(inject('redisUrl'));
});
afterEach(() => house.close());

const jobs = () => house.desk.queues.get('webhook').getJobs(['waiting', 'delayed', 'failed']);

it('shows whom an event was for, without the query of the address', async () => {
  await untold(house, 'evt_1');
  const { body } = await house.call('GET', '/queues?activeQueue=webhook&status=failed&page=1&jobsPerPage=50');
  const shown = (body['queues'] as { name: string; jobs: Record<string, unknown>[] }[]).find(({ name }) => name === 'webhook')?.jobs[0];
  expect(shown).toMatchObject({ name: 'generation.failed of g1 to https://hooks.example/x', failedReason: 'given up after 12 tries: HTTP 500' });
  expect(JSON.stringify(body)).not.toContain('SECRET');
});

it('retries a failed delivery once, in a new job of the same event', async () => {
  await untold(house, 'evt_1');
  const answers = await Promise.all([house.call('PUT', '/queues/webhook/evt_1-1/retry'), house.call('PUT', '/queues/webhook/evt_1-1/retry')]);
  expect(answers.map(({ status }) => status)).toContain(204);
  expect(await readEvent(house.desk.store, 'evt_1')).toMatchObject({ state: 'pending', tries: 0 });
  const current = (await readEvent(house.desk.store, 'evt_1'))?.seq;
  expect((await jobs()).filter((job) => job.data.seq === current)).toHaveLength(1);
});

it('retries all of them at once', async () => {
  for (const id of ['evt_1', 'evt_2']) await untold(house, id);
  expect((await house.call('PUT', '/queues/webhook/retry/failed')).body).toEqual({ retried: 2, skipped: 0 });
});

it('does not retry at an endpoint that is disabled, and says what helps', async () => {
  await untold(house, 'evt_1');
  await noteFailure(house.desk.store, 'https://hooks.example/x?token=SECRET', { why: 'HTTP 500', by: 'a' }, { afterMs: 0, afterFailures: 1 });
  const { status, body } = await house.call('PUT', '/queues/webhook/evt_1-1/retry');
  expect({ status, message: body['message'] }).toEqual({ status: 409, message: expect.stringContaining('dailies webhooks --enable') });
});

it('gives an event up when its job is removed, and cannot be paused or emptied', async () => {
  await untold(house, 'evt_1');
  await house.call('PUT', '/queues/webhook/evt_1-1/retry');
  expect((await house.call('PUT', '/queues/webhook/evt_1-2/clean')).status).toBe(204);
  expect(await readEvent(house.desk.store, 'evt_1')).toMatchObject({ state: 'ended' });
  expect(await jobs()).toEqual([]);
  expect((await house.call('PUT', '/queues/webhook/pause')).status).toBe(409);
  expect((await house.call('PUT', '/queues/webhook/empty')).status).toBe(409);
});

/** Invariant 5: a bad poll says nothing about the video. */
import { expect, test } from 'vitest';
import { PROVIDER_NAMES } from '@dailies/providers';
import { cancelGeneration, retryGeneration, slotsTaken } from '@dailies/queue';
import { shardHolding } from '../support/ledger.ts';
import { PROMPTS, type Rig, oneOfEach, openRig } from '../support/rig.ts';

const BAD_LOOKS = ['500', '502', '503', '504', 'html-200', 'html-502', 'truncated-json', 'empty-200', 'reset-before-read', 'reset-after-read', '429-html', 'redirect', 'unknown-word', 'missing'];

for (const what of BAD_LOOKS) {
  test(`polls that answer with ${what} end no generation of any provider`, async () => {
    const rig = await openRig({ faults: PROVIDER_NAMES.map((provider) => ({ on: 'poll' as const, what, provider, times: 2 })) });
    const ids = await rig.enqueue('looks', oneOfEach());
    await rig.worker();
    await rig.reached(ids, ['succeeded', 'failed', 'overdue']);
    for (const id of ids) {
      const { state, failure, provider } = await rig.generation(id);
      expect({ provider, state, failure }).toEqual({ provider, state: 'succeeded', failure: undefined });
    }
    expect(rig.simulator.counts().accepted).toBe(5);
  });
}

test('a poll that is never answered is given up after the time-out, and the video still comes', async () => {
  // A submit has as long: one that a busy machine gives up is a question where nothing can be looked up.
  const rig = await openRig({ faults: [{ on: 'poll', what: 'silence', times: 5 }] }, { UPSTREAM_TIMEOUT_MS: '1500', STOP_DEADLINE_MS: '15000' });
  const ids = await rig.enqueue('silence', oneOfEach());
  await rig.worker();
  await rig.reached(ids, ['succeeded', 'failed']);
  for (const id of ids) expect((await rig.generation(id)).state).toBe('succeeded');
});

test('looks that say nothing for ever end at the deadline: overdue, or without a slot where it is canceled, and a late video is still collected', async () => {
  const rig = await openRig({ faults: [{ on: 'poll', what: 'allegro:status-500', provider: 'allegro' }] }, { ALLEGRO_DEADLINE_MS: '1500' });
  const ids = await rig.enqueue('mute', ['kept', 'canceled'].map((word) => ({ provider: 'allegro' as const, ask: { prompt: `${PROMPTS.allegro.prompt} ${word}` } })));
  const [kept = '', canceled = ''] = ids;
  await rig.worker();
  await rig.reached([canceled], ['rendering']);
  expect(await cancelGeneration(rig, canceled)).toMatchObject({ outcome: 'canceled' });
  await rig.reached([kept], ['overdue']);
  await expect.poll(async () => (await rig.generation(canceled)).taskEndedAt).toBeDefined();
  expect((await rig.generation(kept)).task).toBeDefined();
  rig.simulator.faults.clear();
  await rig.reached([kept], ['succeeded', 'failed']);
  expect((await rig.generation(kept)).state).toBe('succeeded');
});

test('what is overdue is looked at at once when a person retries it, and its deadline counts anew, however long polls were paused before', async () => {
  // Overdue ones are looked at every five minutes: no look of that kind comes while this test lasts.
  const { rig, id } = await overdue({ ALLEGRO_POLL_MAX_MS: '60000' });
  const { keys } = await shardHolding(rig.store, id);
  await rig.redis.hincrby(keys.pollPauses, 'allegro', 24 * 3_600_000);
  const retry = (): ReturnType<typeof retryGeneration> => retryGeneration(rig, id, { mayPay: false, byId: true });
  expect(await retry()).toMatchObject({ plan: 'poll', done: true });
  await rig.reached([id], ['overdue']);
  rig.simulator.faults.clear();
  expect(await retry()).toMatchObject({ plan: 'poll', done: true });
  await rig.reached([id], ['succeeded', 'failed']);
  expect(await rig.generation(id)).toMatchObject({ state: 'succeeded', round: 1, attempts: 1 });
});

test('what is overdue and of which looks say nothing has expired after thirty days, and gives its slot back', async () => {
  const { rig, id } = await overdue();
  const { account, submittedAt = 0 } = await rig.generation(id);
  const { keys } = await shardHolding(rig.store, id);
  await rig.redis.hset(keys.generation(id), 'submittedAt', submittedAt - 31 * 24 * 3_600_000);
  await rig.reached([id], ['failed']);
  expect(await rig.generation(id)).toMatchObject({ failure: { kind: 'expired' } });
  expect(await slotsTaken(rig.store, account)).toBe(0);
});

/** One of which no look has said anything until its deadline. */
async function overdue(environment: Record<string, string> = {}): Promise<{ rig: Rig; id: string }> {
  const rig = await openRig({ faults: [{ on: 'poll', what: 'allegro:status-500', provider: 'allegro' }] }, { ALLEGRO_DEADLINE_MS: '1500', ...environment });
  const [id = ''] = await rig.enqueue('mute', [{ provider: 'allegro', ask: PROMPTS.allegro }]);
  await rig.worker();
  await rig.reached([id], ['overdue']);
  return { rig, id };
}

/** Invariant 5: a bad poll says nothing about the video. */
import { expect, test } from 'vitest';
import { PROVIDER_NAMES } from '@dailies/providers';
import { cancelGeneration } from '@dailies/queue';
import { PROMPTS, oneOfEach, openRig } from '../support/rig.ts';

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
  const rig = await openRig({ faults: [{ on: 'poll', what: 'silence', times: 5 }] }, { UPSTREAM_TIMEOUT_MS: '500', STOP_DEADLINE_MS: '15000' });
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
  await expect.poll(async () => (await rig.generation(canceled)).taskEndedAt, { timeout: 20_000 }).toBeDefined();
  expect((await rig.generation(kept)).task).toBeDefined();
  rig.simulator.faults.clear();
  await rig.reached([kept], ['succeeded', 'failed']);
  expect((await rig.generation(kept)).state).toBe('succeeded');
});

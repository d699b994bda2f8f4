/** Invariant 7: a limit nobody told us is learned from a few refusals, and the order stays. */
import { expect, test } from 'vitest';
import { accountState, learnAccepted } from '@dailies/queue';
import type { Fault } from '@dailies/simulator';
import { PROMPTS, openRig } from '../support/rig.ts';

for (const workers of [1, 3]) {
  test(`an account that takes 5 is learned by ${workers} worker(s) configured for 50, with at most 10 refusals`, async () => {
    // In real time a task runs for a second, and so much longer than the answer to a submit takes, as with a real upstream.
    const rig = await openRig({ limits: { acedata: 5 }, durations: { hailuo: 600_000 } }, { ACEDATA_MAX_IN_FLIGHT: '50' });
    const ids = await rig.enqueue('limit', Array.from({ length: 40 }, (_, at) => ({ provider: 'hailuo' as const, ask: { prompt: `line ${at}` } })));
    await Promise.all(Array.from({ length: workers }, () => rig.worker()));
    await rig.reached(ids, ['succeeded', 'failed']);
    const { accepted, refused, accounts } = rig.simulator.counts();
    expect(accepted).toBe(40);
    expect(refused).toBeLessThanOrEqual(10);
    expect(Object.values(accounts)[0]?.peakInFlight).toBeLessThanOrEqual(5);
    expect((await accountState(rig.store, rig.config.providers.hailuo.account?.id ?? '')).limit).toBeGreaterThanOrEqual(4);
    for (const id of ids) expect((await rig.generation(id)).attempts).toBe(1);

    const order = rig.simulator.ledger().map(({ prompt }) => Number(prompt.split(' ')[1]));
    const displaced = order.map((line, at) => Math.abs(line - at));
    // Lines that were refused and put back may be overtaken by those fetched meanwhile: at most three are unanswered at once.
    expect(Math.max(...displaced)).toBeLessThanOrEqual(workers === 1 ? 3 : 8);
  });
}

test('a refusal that overtakes the answers of accepted submits hides these from the limit only until they come', async () => {
  const slow: Fault = { on: 'create', what: 'late-answer', after: 3, times: 2, ms: 1_500 };
  const rig = await openRig({ limits: { acedata: 5 }, durations: { hailuo: 60_000_000 }, faults: [slow] }, { ACEDATA_MAX_IN_FLIGHT: '50' });
  const account = rig.config.providers.hailuo.account?.id ?? '';
  const one = { id: 'of an earlier day', provider: 'hailuo', account } as const;
  for (let accepted = 0; accepted < 7; accepted += 1) await learnAccepted(rig.store, one, { configured: 50 });
  const ids = await rig.enqueue('overtaken', Array.from({ length: 6 }, (_, at) => ({ provider: 'hailuo' as const, ask: { prompt: `line ${at}` } })));
  await rig.worker();
  await rig.reached(ids.slice(0, 5), ['rendering']);
  expect(rig.simulator.requests({ kind: 'create' }).map(({ status }) => status)).toEqual([200, 200, 200, 200, 200, 429]);
  await expect.poll(async () => (await accountState(rig.store, account)).limit).toBe(5);
  expect(await accountState(rig.store, account)).toMatchObject({ refused: true });
});

test('a refusal for want of a slot that says when to come back is waited for, though a slot of ours is freed before', async () => {
  // In real time the first one runs for half a second.
  const rig = await openRig({
    durations: { kling: 300_000 },
    faults: [{ on: 'create', what: 'slots-retry-after-ms', ms: 2_500, after: 1, times: 1 }],
  });
  const ids = await rig.enqueue('asked', Array.from({ length: 2 }, (_, at) => ({ provider: 'kling' as const, ask: { ...PROMPTS.kling, prompt: `line ${at}` } })));
  await rig.worker();
  await rig.reached(ids, ['succeeded']);
  const [, refused, again] = rig.simulator.requests({ kind: 'create' });
  expect(refused).toMatchObject({ status: 429, fault: 'slots-retry-after-ms' });
  expect((again?.at ?? 0) - (refused?.at ?? 0)).toBeGreaterThanOrEqual(2_400);
  expect((await rig.generation(ids[1] ?? '')).attempts).toBe(1);
});

test('an account that is full with a task of an unknown outcome is asked again after a wait, not at once', async () => {
  // In real time it runs for two seconds.
  const rig = await openRig({
    limits: { kling: 1 },
    durations: { kling: 1_200_000 },
    faults: [{ on: 'create', what: 'reset-after-read', times: 1 }, { on: 'list', what: '503' }],
  });
  const [, second = ''] = await rig.enqueue('full', Array.from({ length: 2 }, (_, at) => ({ provider: 'kling' as const, ask: { ...PROMPTS.kling, prompt: `line ${at}` } })));
  await rig.worker();
  await rig.reached([second], ['rendering', 'downloading', 'succeeded']);
  const { accepted, refused } = rig.simulator.counts();
  expect(accepted).toBe(2);
  expect(refused).toBeGreaterThan(0);
  expect(refused).toBeLessThanOrEqual(6);
});

/** Invariant 8: what concerns the account and not the prompt pauses that account, and nothing else. */
import { expect, test } from 'vitest';
import { PROVIDER_NAMES, type ProviderName } from '@dailies/providers';
import { cancelGeneration, pauses, resume } from '@dailies/queue';
import { PROMPTS, openRig } from '../support/rig.ts';

test('a model that the account has never taken fails alone, and is no pause for those that it takes; one that it took pauses', async () => {
  const rig = await openRig();
  await rig.worker();
  const ask = (prompt: string, model: string) => ({ provider: 'kling' as const, ask: { prompt, model } });
  // Nothing is known yet: it may be of all.
  rig.simulator.faults.add({ on: 'create', what: 'cloudsway:404', match: 'of v2' });
  const [unknown = ''] = await rig.enqueue('unknown', [ask('one of v2', 'kling-v2-6')]);
  await expect.poll(() => pauses(rig.store), { interval: 20 }).toMatchObject([{ kind: 'configuration' }]);
  await cancelGeneration(rig, unknown);
  await resume(rig.store, 'kling', [rig.config.providers.kling.account?.id ?? '']);

  const ids = await rig.enqueue('mixed', [ask('one of v1', 'kling-v1'), ask('first of v2', 'kling-v2-6'), ask('another of v1', 'kling-v1'), ask('second of v2', 'kling-v2-6')]);
  await rig.reached(ids, ['succeeded', 'failed']);
  const all = await Promise.all(ids.map((id) => rig.generation(id)));
  expect(all.map(({ state }) => state)).toEqual(['succeeded', 'failed', 'succeeded', 'failed']);
  expect(all[1]).toMatchObject({ attempts: 0, failure: { kind: 'delisted', code: '404', retryable: true, message: expect.stringContaining('kling-v2-6') } });
  expect(await pauses(rig.store)).toEqual([]);

  // A gateway that has no route to anybody says nothing of the model.
  rig.simulator.faults.add({ on: 'create', what: 'cloudsway:NO_PROVIDER_ERROR', match: 'new', times: 1 });
  const [waits = ''] = await rig.enqueue('routes', [ask('a new one', 'kling-v1-6')]);
  await expect.poll(() => pauses(rig.store), { interval: 20 }).toMatchObject([{ kind: 'configuration' }]);
  await resume(rig.store, 'kling', [rig.config.providers.kling.account?.id ?? '']);
  await rig.reached([waits], ['succeeded']);

  rig.simulator.faults.add({ on: 'create', what: 'cloudsway:404', match: 'last' });
  await rig.enqueue('last', [ask('the last of v1', 'kling-v1')]);
  await expect.poll(() => pauses(rig.store), { interval: 20 }).toMatchObject([{ kind: 'configuration' }]);
});

/** Every account-level error of the published tables, by the kind of pause it makes. */
const ERRORS: Record<ProviderName, Record<string, string[]>> = {
  allegro: { auth: ['allegro:401', 'allegro:403'] },
  kling: {
    auth: ['kling:1000', 'kling:1001', 'kling:1002', 'kling:1003', 'kling:1004', 'kling:1100', 'cloudsway:401'],
    quota: ['kling:1101', 'kling:1102'],
    ip: ['kling:1304', 'cloudsway:403-ip', 'cloudsway:403-html'],
    configuration: ['cloudsway:404', 'cloudsway:NO_ENDPOINT', 'cloudsway:NO_PROVIDER_ERROR', 'cloudsway:MODEL_TYPE_NOT_FOUND'],
  },
  hailuo: { auth: ['acedata:no_token', 'acedata:invalid_token', 'acedata:token_expired'], quota: ['acedata:used_up'], delisted: ['acedata:token_mismatched', 'acedata:disabled'], configuration: ['acedata:no_api'] },
  // Pika was withdrawn: no such API is its way to say so.
  pika: { quota: ['acedata:used_up'], delisted: ['acedata:disabled', 'acedata:no_api'] },
  luma: { auth: ['acedata:invalid_token'], quota: ['acedata:used_up'], delisted: ['acedata:token_mismatched'] },
};

for (const provider of PROVIDER_NAMES) {
  test(`each account-level error of ${provider} pauses it with the reason, keeps the work queued, lets the others go on, and one resume finishes it`, async () => {
    const rig = await openRig();
    await rig.worker();
    const account = rig.config.providers[provider].account?.id ?? '';
    const other: ProviderName = provider === 'allegro' ? 'kling' : 'allegro';
    const cases = Object.entries(ERRORS[provider]).flatMap(([kind, rows]) => rows.map((what) => ({ kind, what })));
    for (const [at, { kind, what }] of cases.entries()) {
      rig.simulator.faults.add({ on: 'create', what, provider, times: 1 });
      const [id = ''] = await rig.enqueue('held', [{ provider, ask: { prompt: `${PROMPTS[provider].prompt}, take ${at}` }, id: `held-${at}` }]);
      const others = await rig.enqueue('other', [{ provider: other, ask: { prompt: `${PROMPTS[other].prompt}, take ${at}` }, id: `other-${at}` }]);
      await rig.reached(others, ['succeeded']);
      await expect.poll(() => pauses(rig.store), { interval: 20 }).toHaveLength(1);
      const [pause] = await pauses(rig.store);
      expect({ what, kind: pause?.kind }).toEqual({ what, kind });
      expect(pause?.reason, what).not.toBe('');
      await expect.poll(async () => (await rig.generation(id)).state, { interval: 20 }).toBe('queued');
      expect((await rig.generation(id)).attempts, what).toBe(0);
      await resume(rig.store, provider, [account]);
      await rig.reached([id], ['succeeded']);
      expect((await rig.generation(id)).attempts, what).toBe(1);
    }
  });
}

test('a look-up that is turned away for its key pauses the account, and asks nobody: there may be nothing else that would', async () => {
  // Nobody finds it before the key is another.
  const unanswered = (['poll', 'list'] as const).map((on) => ({ on, what: '503' }));
  const faults = [{ on: 'create' as const, what: 'reset-after-read', provider: 'kling' as const, times: 1 }, ...unanswered];
  const rig = await openRig({ faults, keys: ['test-kling'] }, { SETTLE_AFTER_MS: '4000', SETTLE_SILENT_MS: '12000' });
  const account = rig.config.providers.kling.account?.id ?? '';
  const [id = ''] = await rig.enqueue('lost', [{ provider: 'kling', ask: PROMPTS.kling }]);
  const first = await rig.worker();
  await rig.reached([id], ['ambiguous']);
  await first.stop(5_000);
  rig.simulator.faults.clear();
  const second = await rig.worker({ KLING_API_KEY: 'revoked' });
  await expect.poll(() => pauses(rig.store)).toMatchObject([{ scope: `account:${account}`, kind: 'auth', polls: true }]);
  expect((await rig.generation(id)).state).toBe('ambiguous');
  await second.stop(5_000);
  await resume(rig.store, 'kling', [account]);
  await rig.worker();
  await rig.reached([id], ['succeeded', 'unresolved']);
  expect(await rig.generation(id)).toMatchObject({ state: 'succeeded', attempts: 1 });
});

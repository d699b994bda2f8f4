/** Invariant 8: what concerns the account and not the prompt pauses that account, and nothing else. */
import { expect, test } from 'vitest';
import { PROVIDER_NAMES, type ProviderName } from '@dailies/providers';
import { pauses, resume } from '@dailies/queue';
import { PROMPTS, openRig } from '../support/rig.ts';

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
      await expect.poll(() => pauses(rig.store), { timeout: 10_000, interval: 20 }).toHaveLength(1);
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

import { createLog, PROOF, recordEnd } from '@dailies/queue';
import { expect, onTestFinished, test, vi } from 'vitest';
import { ACCOUNT, openTestLedger } from '../../../../test/support/ledger.ts';
import type { Upstream } from '../context.ts';
import { createCallbackTrust } from './callback-trust.ts';

test('whether callbacks arrive is told when it has stayed so for ten minutes, not with every few ends where they come for some only', async () => {
  const { store, queues } = openTestLedger();
  let minutes = 0;
  const clock = vi.spyOn(performance, 'now').mockImplementation(() => minutes * 60_000);
  onTestFinished(() => clock.mockRestore());
  const log = createLog({ level: 'silent', name: 'test' });
  const info = vi.spyOn(log, 'info');
  const trust = createCallbackTrust({ publicUrl: 'http://127.0.0.1:1' }, store, queues, log);
  const upstream = { account: { id: ACCOUNT }, settings: { name: 'allegro' } } as unknown as Upstream;
  const announced = async (isAnnounced: boolean): Promise<void> => {
    for (let end = 0; end < PROOF; end += 1) await recordEnd(store, ACCOUNT, 'allegro', isAnnounced);
    await trust.look([upstream]);
  };
  const stays = async (): Promise<void> => {
    minutes += 10;
    await trust.look([upstream]);
  };

  for (; minutes < 30; minutes += 1) await announced(minutes % 2 === 0);
  expect(info).not.toHaveBeenCalled();
  await announced(true);
  await stays();
  await stays();
  await announced(false);
  await stays();
  await stays();
  expect(info.mock.calls.map(([, text]) => text)).toEqual([expect.stringContaining('callbacks arrive'), expect.stringContaining('do not all come')]);
});

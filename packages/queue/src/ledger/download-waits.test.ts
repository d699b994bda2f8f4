import { expect, test, vi } from 'vitest';
import { openTestLedger } from '../../../../test/support/ledger.ts';
import { downloadWaits, noteDownloadWait } from './download-waits.ts';

test.each([-60_000, 60_000])('what downloads wait for is shown, also by a machine whose clock is %i ms off', async (offMs) => {
  const { store } = openTestLedger();
  const wait = { machine: 'one', folder: '/films', reason: 'the disk is nearly full: make room', since: 1 };
  const now = Date.now();
  const clock = vi.spyOn(Date, 'now').mockReturnValue(now + offMs);
  await noteDownloadWait(store, wait).finally(() => clock.mockRestore());
  expect(await downloadWaits(store)).toEqual([wait]);
  // Another worker of this machine finds it later.
  await noteDownloadWait(store, { ...wait, since: now });
  expect(await downloadWaits(store)).toEqual([wait]);
  // And it is over half a minute after it was said for the last time.
  const entry = JSON.parse((await store.redis.hvals(store.keys.downloadWaits))[0] ?? '{}') as { until: number };
  expect(entry.until - now).toBeLessThan(45_000);
});

import { expect, onTestFinished, test, vi } from 'vitest';
import { downloadWaits } from '@dailies/queue';
import { openTestLedger } from '../../../../test/support/ledger.ts';
import { createStoreWaits } from './store-waits.ts';

test('a bucket is told of while its downloads try, however long it keeps each of them, until one has stored its file, or none comes back', async () => {
  vi.useFakeTimers({ toFake: ['Date', 'performance'] });
  onTestFinished(() => void vi.useRealTimers());
  const { store } = openTestLedger();
  const waits = createStoreWaits(store);
  const told = async (): Promise<unknown> => {
    await waits.tell();
    return (await downloadWaits(store)).map(({ folder, since }) => [folder, since]);
  };
  const since = Date.now();
  waits.found('s3://films/fox', 'It is away.', 180_000);
  waits.found('s3://films/owl', 'It is away.', 0);
  const news = ['It is away.', 'It is away.', 'It is full.'].map((reason) => waits.isNews('s3://films/owl', reason));
  expect(news, 'the log says each once of the whole bucket').toEqual([true, false, true]);
  vi.advanceTimersByTime(195_000);
  expect(await told()).toEqual([['s3://films', since]]);
  waits.stored('s3://films/owl');
  expect(await told()).toEqual([]);

  const again = Date.now();
  waits.found('s3://films/fox', 'It is away.', 0);
  expect(waits.isNews('s3://films/fox', 'It is away.')).toBe(true);
  expect(await told()).toEqual([['s3://films', again]]);
  vi.setSystemTime(again - 3_600_000);
  vi.advanceTimersByTime(46_000);
  expect(await told()).toEqual([]);
});

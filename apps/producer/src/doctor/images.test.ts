import { storeImage } from '@dailies/queue';
import { expect, test } from 'vitest';
import { openTestLedger } from '../../../../test/support/ledger.ts';
import { checkImages } from './images.ts';

const kept = (ledgerDays: number) => ({ retention: { ledgerDays, jobDays: 0, resultDays: 0 } });

test('the images of a ledger are counted with what they take and when they go, those of another one are not', async () => {
  const [{ store }, other] = [openTestLedger(), openTestLedger()];
  expect(await checkImages(store, kept(0))).toEqual([]);
  const image = (letter: string) => ({ bytes: Buffer.alloc(1024 ** 2, letter), contentType: 'image/png' });
  for (const shard of store.shards) await storeImage(shard, image('a'), ['one']);
  for (const shard of other.store.shards) await storeImage(shard, image('b'), ['two']);

  const [found] = await checkImages(store, kept(0));
  const count = store.shards.length;
  expect(found).toMatchObject({ level: 'ok', what: expect.stringMatching(new RegExp(`^${count} images? given as files or Base64: ${count}\\.0 MiB`)) });
  expect(found?.remedy).toContain('for ever: LEDGER_RETENTION_DAYS ends that');
  expect((await checkImages(store, kept(30)))[0]?.remedy).toContain('for 30 days');
});

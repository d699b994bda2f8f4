import { hold } from '@dailies/queue';
import { expect, test } from 'vitest';
import { accept, newGeneration, openTestLedger, shardHolding } from '../../../../../test/support/ledger.ts';
import { Board } from './board.ts';
import { HeldOnes } from './held-ones.ts';

test('only what is followed is told of, since it may be released: what another stopped run has left is not ours to submit', async () => {
  const ledger = openTestLedger();
  await accept(ledger.store, 'b', ['ours', 'theirs'].map((id) => newGeneration(id)));
  for (const id of ['ours', 'theirs']) await hold(ledger.store, await ledger.generation(id), 'unattended');
  const board = new Board([await ledger.generation('ours')]);
  const held = new HeldOnes(ledger.store);
  expect([...(await held.look(board))]).toEqual([['ours', 'unattended']]);

  const { redis, keys } = await shardHolding(ledger.store, 'ours');
  await redis.hset(keys.generation('ours'), { held: 'origin' });
  expect([...(await held.look(board))], 'released meanwhile, and held for another reason').toEqual([['ours', 'origin']]);
});

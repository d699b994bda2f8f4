/** `dailies doctor --after-restore`, as a person types it. */
import { expect, test } from 'vitest';
import { holdRestored, pauses } from '@dailies/queue';
import { shardHolding } from '../support/ledger.ts';
import { inState, openHouse } from './house.ts';

test('doctor --after-restore asks before it doubts a ledger that nobody found rolled back, and settles one that is', async () => {
  const house = await openHouse();
  await house.write('two.txt', 'a lighthouse in a storm\na kite over the dunes');
  expect(await house.dailies('enqueue', 'two.txt', '--provider', 'kling', '--batch', 'two')).toMatchObject({ code: 0 });

  const refused = await house.dailies('doctor', '--after-restore');
  expect(refused).toMatchObject({ code: 2 });
  expect(refused.stderr).toContain('add --yes');
  expect(inState(await house.generations('two'), 'queued')).toHaveLength(2);

  const [one] = await house.generations('two');
  await holdRestored(await shardHolding(house.ledger.store, one?.id ?? ''));
  expect((await house.dailies('status')).stdout).toContain('dailies doctor --after-restore');

  const settled = await house.dailies('doctor', '--after-restore', '--json');
  expect(settled.code).toBe(0);
  expect(JSON.parse(settled.stdout)).toMatchObject({ type: 'after-restore', inDoubt: 2, onTheirWay: 0 });
  expect(inState(await house.generations('two'), 'ambiguous')).toHaveLength(2);
  expect(await pauses(house.ledger.store)).toEqual([]);

  const again = await house.dailies('doctor', '--after-restore', '--yes');
  expect(again.stdout.split('\n').slice(1)).toEqual([
    '2 may have been submitted since: a worker looks each up within minutes; what cannot be looked up becomes unresolved.',
    'Submits go on. Then look at: dailies status',
    '',
  ]);
});

import { expect, test } from 'vitest';
import type { State } from '@dailies/queue';
import { accept, newGeneration, openTestLedger, shardHolding } from '../../../../../test/support/ledger.ts';
import { Board } from './board.ts';
import { readOutcome } from './outcome.ts';
import type { Standing } from './standstill.ts';

const FREE: Standing = { moving: 0, hindrances: [] };
const PAUSED: Standing = { moving: 0, hindrances: [{ why: 'pause', provider: 'luma', account: 'a', reason: 'balance is empty', remedy: 'resume', count: 1 }] };

test('the exit code tells of the worst, by what the ledger says at the end: interrupted, somebody is needed, something is lost, all is well', async () => {
  const ledger = openTestLedger();
  const codeOf = async (state: State, how: { standing?: Standing; interrupted?: boolean; elsewhere?: number } = {}) => {
    const generation = newGeneration(`${state}-${Object.keys(how).join('')}`);
    await accept(ledger.store, 'b', [generation]);
    const { redis, keys } = await shardHolding(ledger.store, generation.id);
    await redis.hset(keys.generation(generation.id), { state });
    const board = new Board([{ ...generation, state: 'rendering' }]);
    return (await readOutcome(ledger.store, board, { batch: 'b', standing: FREE, interrupted: false, ...how }, () => undefined)).exitCode;
  };
  const ends = ['succeeded', 'failed', 'canceled', 'unresolved', 'overdue'] as const;
  const codes: [State, number][] = [];
  for (const state of ends) codes.push([state, await codeOf(state)]);
  expect(codes).toEqual([['succeeded', 0], ['failed', 1], ['canceled', 1], ['unresolved', 3], ['overdue', 3]]);
  expect(await codeOf('succeeded', { elsewhere: 1 }), 'a file that is not where it was asked for').toBe(1);
  expect(await codeOf('queued', { standing: PAUSED }), 'under a pause').toBe(3);
  expect(await codeOf('unresolved', { interrupted: true })).toBe(130);
});

import { expect, test } from 'vitest';
import type { Pause, State } from '@dailies/queue';
import type { Member } from './board.ts';
import { standing } from './standstill.ts';

const ACCOUNT = 'acedata@https://api.acedata.cloud';
const FREE = { pauses: [], held: new Map<string, never>(), own: () => null, suffix: '' };

function member(id: string, state: State, provider: Member['provider'] = 'hailuo'): Member {
  return { id, state, provider, account: ACCOUNT };
}

function paused(scope: string, polls = false): Pause {
  return { scope, reason: 'balance is empty', kind: 'quota', at: 0, newest: 0, polls };
}

test.each(['succeeded', 'failed', 'canceled', 'unresolved', 'overdue'] as const)('%s does not move by itself', (state) => {
  expect(standing([member('a', state)], FREE)).toEqual({ moving: 0, hindrances: [] });
});

test.each(['queued', 'submitting', 'ambiguous', 'rendering', 'downloading'] as const)('%s moves', (state) => {
  expect(standing([member('a', state)], FREE).moving).toBe(1);
});

test.each([`account:${ACCOUNT}`, `provider:${ACCOUNT}:hailuo`, 'operator:hailuo'])('queued ones under the pause %s wait for a person, with its reason', (scope) => {
  const members = [member('a', 'queued'), member('b', 'queued'), member('c', 'queued', 'pika')];
  const found = standing(members, { ...FREE, pauses: [paused(scope)], suffix: ' --simulate' });
  const all = scope.startsWith('account:');
  expect(found.moving).toBe(all ? 0 : 1);
  expect(found.hindrances[0]).toMatchObject({ provider: 'hailuo', reason: 'balance is empty', remedy: 'dailies resume hailuo --simulate', count: 2 });
  const refused = standing(members, { ...FREE, pauses: [{ ...paused(scope), kind: 'auth', reason: 'no such key' }] });
  const key = scope.startsWith('operator') ? 'the environment' : 'ACEDATA_API_KEY';
  expect(refused.hindrances[0]?.step).toBe(`Put a key of the same account into ${key}, stop what has the old one, resume, and start it again.`);
});

test.each(['rendering', 'ambiguous'] as const)('a pause of submits holds nothing that is %s, a pause of polls does', (state) => {
  expect(standing([member('a', state)], { ...FREE, pauses: [paused('operator:hailuo')] }).moving).toBe(1);
  expect(standing([member('a', state)], { ...FREE, pauses: [paused('operator:hailuo', true)] }).moving).toBe(0);
});

test('what was enqueued for another account waits for a person, what only wants attendance, or an answer about a named task, does not', () => {
  const held = new Map([['a', 'origin'], ['b', 'unattended'], ['c', 'offered']] as const);
  const found = standing([member('a', 'queued'), member('b', 'queued'), member('c', 'queued')], { ...FREE, held });
  expect(found.moving).toBe(2);
  expect(found.hindrances[0]?.reason).toContain(ACCOUNT);
});

test('what is held for the same reason is told of for each account', () => {
  const held = new Map([['a', 'dropped'], ['b', 'dropped'], ['c', 'dropped']] as const);
  const { hindrances } = standing([member('a', 'queued'), member('b', 'queued'), { ...member('c', 'queued'), account: 'hailuo@elsewhere' }], { ...FREE, held });
  expect(hindrances.map(({ account, count }) => [account, count])).toEqual([[ACCOUNT, 2], ['hailuo@elsewhere', 1]]);
});

test('one that waits for an answer about a named task waits for a person where this machine has another account, and moves where it has that one or none', () => {
  const held = new Map([['a', 'offered']] as const);
  const with_ = (own: string | null) => standing([member('a', 'queued')], { ...FREE, held, own: () => own });
  expect(with_('acedata@https://elsewhere.example')).toMatchObject({ moving: 0, hindrances: [{ reason: expect.stringContaining(ACCOUNT) as unknown, count: 1 }] });
  expect([with_(ACCOUNT).moving, with_(null).moving]).toEqual([1, 1]);
});

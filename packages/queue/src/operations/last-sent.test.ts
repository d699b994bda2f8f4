import { expect, test } from 'vitest';
import { accept, newGeneration, openTestLedger } from '../../../../test/support/ledger.ts';
import { note } from '../ledger/note.ts';
import type { Patch } from '../ledger/record.ts';
import { sentWithOf } from '../sent-with.ts';
import { lastSentOf } from './last-sent.ts';

const DOUBT = { sentAt: 1, endSeen: true, why: 'reset' };

/** Which submit stands for the last one. Each was made after the one before it. */
async function standsFor(...submits: Patch[]): Promise<string | undefined> {
  const { store, generation } = openTestLedger(undefined, 1);
  const made = submits.map(({ sentWith, ...submit }, at) => {
    const nonce = `${at}-nonce`;
    const marked = typeof sentWith !== 'string' ? {} : { sentWith: sentWithOf(nonce, sentWith) };
    return { id: `g${at + 1}`, submit: { clientId: `g${at + 1}.1`, nonce, sendBy: at + 1, ...marked, ...submit } };
  });
  await accept(store, null, made.map(({ id }) => newGeneration(id)));
  for (const { id, submit } of made) await note(store, await generation(id), submit);
  const { account } = await generation('g1');
  return (await lastSentOf(store)).get(account)?.clientId;
}

test.each<[string, string, Patch[]]>([
  ['the last one that was answered with a task', 'g2.1', [{ taskKey: 't1', sentWith: 'a' }, { taskKey: 't2', sentWith: 'a' }, { sentWith: 'a' }]],
  ['itself, where those with a task were sent with another key', 'g2.1', [{ taskKey: 't1', sentWith: 'a' }, { sentWith: 'b' }]],
  ['itself, where a person has given the task', 'g2.1', [{ taskKey: 't1', givenTask: 't1', sentWith: 'a' }, { sentWith: 'a' }]],
  ['itself, where the task was found by a look-up, perhaps with another key', 'g2.1', [{ taskKey: 't1', ambiguity: DOUBT, sentWith: 'a' }, { sentWith: 'a' }]],
  ['itself, where an older version has not recorded with which key it was sent', 'g2.1', [{ taskKey: 't1' }, {}]],
  ['itself, where an older version has sent it again, and left the mark of an earlier submit', 'g2.1', [{ taskKey: 't1', sentWith: 'a' }, { nonce: 'another', sentWith: 'a' }]],
  ['itself, where an older version has left an earlier mark on the one with a task', 'g2.1', [{ taskKey: 't1', nonce: 'another', sentWith: 'a' }, { sentWith: 'a' }]],
])('for the key of the last submit stands %s', async (_, clientId, submits) => {
  expect(await standsFor(...submits)).toBe(clientId);
});

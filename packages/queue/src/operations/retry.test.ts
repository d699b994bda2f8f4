import { expect, test } from 'vitest';
import { accept, ACCOUNT, ADMISSION, newGeneration, openTestLedger, type TestLedger } from '../../../../test/support/ledger.ts';
import { jobId, submitPriority } from '../queues/names.ts';
import { transition } from '../ledger/transition.ts';
import { shardOf } from '../shards/routing.ts';
import { cancelGeneration } from './cancel.ts';
import { planRetry, retryGeneration } from './retry.ts';

const CLASS = '2';
/** Beside its failure. */
const OF_A_ROUND = [
  'task', 'taskKey', 'givenTask', 'taskEndedAt', 'clientId', 'nonce', 'sentWith', 'endpointPath', 'sendBy', 'submittedAt', 'deadlineAt', 'finishedAt',
  'ambiguity', 'absences', 'absentUntil', 'missingSince', 'doubtfulSince', 'blindSince', 'badLooks', 'polls', 'lastPolledAt', 'phase', 'percent', 'hintAt',
  'hintSeen', 'quick', 'usualAt', 'offer', 'offerSeen', 'resubmits', 'restored', 'unwanted', 'cancelRequested', 'assets', 'storing', 'files',
  'filesExpiredAt', 'filesRemovedAt', 'refetched',
];

async function canceledBatch(ledger: TestLedger, ids: string[]): Promise<void> {
  await accept(ledger.store, 'old', ids.map((id) => newGeneration(id)));
  for (const id of ids) expect(await cancelGeneration(ledger, id)).toMatchObject({ outcome: 'canceled' });
}

test('what a person has given up is sent again only by its id, and only if it is still as that person saw it', async () => {
  const ledger = openTestLedger();
  await accept(ledger.store, 'old', [newGeneration('one')]);
  const failure = { kind: 'abandoned', message: 'abandoned by a person', retryable: false };
  await transition(ledger.store, await ledger.generation('one'), { from: ['queued'], to: 'failed', by: '1.person', patch: { failure } });
  const { seq } = await ledger.generation('one');
  expect(await retryGeneration(ledger, 'one', { mayPay: true, byId: false, seq })).toMatchObject({ done: false, message: 'abandoned by a person: retry it by its id, one' });
  expect(await retryGeneration(ledger, 'one', { mayPay: true, byId: true, seq: seq - 1 })).toMatchObject({ done: false, message: 'it changed meanwhile; look again' });
  expect(await ledger.generation('one')).toMatchObject({ state: 'failed', round: 1 });
  expect(await retryGeneration(ledger, 'one', { mayPay: true, byId: true, seq })).toMatchObject({ done: true });
});

test('a task whose video the upstream may still have is polled by a retry, and only one that has failed there is paid again', async () => {
  const ledger = openTestLedger();
  await accept(ledger.store, null, [newGeneration('one')]);
  const found = { ...(await ledger.generation('one')), state: 'failed' as const, task: { id: 't' } };
  const planned = (kind: string): string => planRetry({ ...found, failure: { kind, message: 'why', retryable: false } }).what;
  expect(['missing', 'no_output', 'protocol', 'expired', 'upstream', 'moderated'].map(planned)).toEqual(['poll', 'poll', 'poll', 'poll', 'submit', 'submit']);
});

test('a new round has nothing on record of the one before', async () => {
  const ledger = openTestLedger();
  await accept(ledger.store, null, [newGeneration('one')]);
  const fresh = await ledger.generation('one');
  const failure = { kind: 'upstream', message: 'no', retryable: true };
  await transition(ledger.store, fresh, { from: ['queued'], to: 'failed', by: '1.a', patch: { failure } });
  const { redis, keys } = shardOf(ledger.store, ACCOUNT);
  // In JSON, and as text, number and flag alike.
  await redis.hset(keys.generation('one'), Object.fromEntries(OF_A_ROUND.map((field) => [field, '1'])));
  expect(await retryGeneration(ledger, 'one', { mayPay: true, byId: true })).toMatchObject({ plan: 'submit', done: true });
  const { polls, round, failure: former, ...anew } = await ledger.generation('one');
  expect([polls, round, former, OF_A_ROUND.filter((field) => field in anew)]).toEqual([0, 2, undefined, []]);
});

test('what is sent again shares turns with who waits, and does not go before everybody by its turn of long ago', async () => {
  const ledger = openTestLedger();
  const old = ['old-0', 'old-1', 'old-2'];
  await canceledBatch(ledger, old);
  // Much was submitted since.
  const { store } = ledger;
  const { redis, keys } = shardOf(store, ACCOUNT);
  await redis.hset(keys.turns('allegro'), CLASS, 50);
  await accept(store, 'new', Array.from({ length: 5 }, (_, at) => newGeneration(`new-${at}`)));

  for (const id of old) expect(await retryGeneration(ledger, id, { mayPay: true, byId: true })).toMatchObject({ done: true });

  const turns = async (ids: string[]): Promise<number[]> => Promise.all(ids.map(async (id) => (await ledger.generation(id)).turn));
  expect(await turns(['new-0', 'new-1', 'new-2', 'new-3', 'new-4'])).toEqual([50, 51, 52, 53, 54]);
  expect(await turns(old)).toEqual([50, 51, 52]);
  const { seq } = await ledger.generation('old-2');
  expect(await ledger.queues.get('allegro-submit').getJob(jobId('old-2', seq))).toMatchObject({ priority: submitPriority(1, 52) });
});

test('what went through another go while its file was looked at is left as it is', async () => {
  const ledger = openTestLedger();
  const { store } = ledger;
  await accept(store, null, [newGeneration('g1')]);
  await transition(store, await ledger.generation('g1'), { from: ['queued'], to: 'submitting', by: '1.a', admission: ADMISSION });
  for (const [from, to] of [['submitting', 'rendering'], ['rendering', 'downloading'], ['downloading', 'succeeded']] as const) {
    await transition(store, await ledger.generation('g1'), { from: [from], to, by: '1.a' });
  }
  expect(await retryGeneration(ledger, 'g1', { mayPay: true, byId: true }), 'where nobody can look for its file').toMatchObject({
    plan: 'verify', done: false, message: 'its file is not checked from here: `dailies retry g1` does that',
  });
  // Somebody else was faster, and what was missing is whole again.
  const verify = async (): Promise<boolean> => {
    for (const [from, to] of [['succeeded', 'downloading'], ['downloading', 'succeeded']] as const) {
      await transition(store, await ledger.generation('g1'), { from: [from], to, by: `1.other-${to}` });
    }
    return false;
  };
  expect(await retryGeneration(ledger, 'g1', { mayPay: true, byId: true, verify })).toMatchObject({ plan: 'verify', done: false });
  expect(await ledger.generation('g1')).toMatchObject({ state: 'succeeded' });
});

test.each([
  ['of this round', { round: 2 }, 'nothing'],
  ['of an earlier round', { round: 1 }, 'submit'],
  ['which has failed', { round: 2, endedAt: 1, outcome: 'failed' }, 'submit'],
  ['which the upstream does not know any more', { round: 2, endedAt: 1, outcome: 'gone' }, 'submit'],
] as const)('where a task that a person gave came to nothing, another that came late, %s, decides whether this round is paid', async (_, late, what) => {
  const ledger = openTestLedger();
  await accept(ledger.store, null, [newGeneration('one')]);
  const given = { task: { id: 'given' }, taskKey: 'given', givenTask: 'given', failure: { kind: 'upstream', message: 'no', retryable: true } };
  const strays = [{ task: { id: 'late' }, taskKey: 'late', ...late }];
  expect(planRetry({ ...(await ledger.generation('one')), ...given, state: 'failed', round: 2, strays })).toMatchObject({ what });
});

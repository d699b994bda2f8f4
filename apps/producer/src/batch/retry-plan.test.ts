import type { Generation } from '@dailies/queue';
import { StoreError } from '@dailies/results';
import { expect, test } from 'vitest';
import { recordedGeneration } from '../../../../test/support/recorded-generation.ts';
import { planRetries, planText } from './retry-plan.ts';

function generation(id: string, more: Partial<Generation>): Generation {
  return recordedGeneration(id, { state: 'failed', ...more });
}

async function* several(): AsyncGenerator<Generation> {
  const failure = (kind: string) => ({ kind, message: '', retryable: false });
  yield generation('refused', { failure: failure('rejected') });
  yield generation('gone', { failure: failure('missing'), task: { id: '1' } });
  yield generation('broken', { failure: failure('asset'), task: { id: '2' } });
  yield generation('damaged', { state: 'succeeded' });
  yield generation('whole', { state: 'succeeded' });
  yield generation('elsewhere', { state: 'succeeded' });
  yield generation('moving', { state: 'rendering' });
  yield generation('asking', { state: 'unresolved' });
  yield generation('given-up', { failure: failure('abandoned') });
  yield generation('given-up-with-task', { failure: failure('abandoned'), task: { id: '3' } });
}

const seen = (id: string) => ({ id, seq: 1 });
const filesAreWhole = async ({ id }: Generation): Promise<boolean | StoreError> =>
  id === 'elsewhere' ? new StoreError('refused', 'no bucket here') : id === 'whole';

test('the plan of a batch says what would be paid again before anything is done', async () => {
  const plans = await planRetries(several(), { byId: false, filesAreWhole });
  expect(plans).toEqual({
    submit: [seen('refused')],
    poll: [seen('gone')],
    fetch: [seen('broken'), seen('damaged')],
    person: ['asking'],
    abandoned: [
      { id: 'given-up', plan: 'submit' },
      { id: 'given-up-with-task', plan: 'poll' },
    ],
    nothing: 2,
    unseen: 1,
    unseenWhy: 'no bucket here',
  });
  expect(planText(plans)).toBe('1 will be submitted again, 1 only polled, 2 fetched, 1 need you');
});

test('an abandoned one is retried by its id', async () => {
  async function* one(): AsyncGenerator<Generation> {
    yield generation('given-up', { failure: { kind: 'abandoned', message: '', retryable: false } });
  }
  expect((await planRetries(one(), { byId: true, filesAreWhole })).submit).toEqual([seen('given-up')]);
});

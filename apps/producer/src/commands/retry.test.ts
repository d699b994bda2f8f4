import os from 'node:os';
import { type GenerationFailure, type Patch, pause, retryGeneration, type State, transition } from '@dailies/queue';
import { expect, test } from 'vitest';
import { dailies, environmentOf } from '../../../../test/support/command-line.ts';
import { accept, newGeneration, openTestLedger, shardHolding, type TestLedger } from '../../../../test/support/ledger.ts';

const UPSTREAM: GenerationFailure = { kind: 'upstream', message: 'it could not be made', retryable: true };
const MISSING: GenerationFailure = { ...UPSTREAM, kind: 'missing' };

async function fail(ledger: TestLedger, id: string, from: State, patch: Patch): Promise<void> {
  const result = await transition(ledger.store, await ledger.generation(id), {
    from: [from],
    to: 'failed',
    by: 'worker',
    patch: { ...patch, finishedAt: Date.now() },
  });
  expect(result.outcome).toBe('won');
}

test('what has failed anew while a person thought about a retry of its batch is not paid again by that answer', async () => {
  const ledger = openTestLedger();
  await accept(ledger.store, 'b', ['same', 'again', 'polled'].map((id) => newGeneration(id)));
  for (const id of ['same', 'again']) await fail(ledger, id, 'queued', { failure: UPSTREAM });
  await fail(ledger, 'polled', 'queued', { failure: MISSING, task: { id: 'task' } });
  const environment = { ...environmentOf(ledger), ALLEGRO_API_KEY: 'k' };

  await pause(ledger.store, 'operator:allegro', { reason: 'ask Ann', kind: 'operator', polls: false });
  const said = await dailies(environment, os.tmpdir(), ['retry', 'b'], async () => {
    for (const [id, mayPay] of [
      ['again', true],
      ['polled', false],
    ] as const)
      expect(await retryGeneration(ledger, id, { mayPay, byId: true })).toMatchObject({ done: true });
    await fail(ledger, 'again', 'queued', { failure: UPSTREAM });
    await fail(ledger, 'polled', 'rendering', { failure: UPSTREAM });
    return true;
  });

  expect(said.stderr).toContain('2 will be submitted again, 1 only polled');
  expect(said.stdout.match(/it changed meanwhile/g)).toHaveLength(2);
  expect(said.stderr).toMatch(/^1 of allegro waits under a pause since \S+Z: ask Ann\. It goes on with: dailies resume allegro$/m);
  expect(said.code).toBe(1);
  expect(await ledger.generation('same')).toMatchObject({ state: 'queued', round: 2 });
  expect(await ledger.generation('again')).toMatchObject({ state: 'failed', round: 2 });
  expect(await ledger.generation('polled')).toMatchObject({ state: 'failed', round: 1 });
});

test('the retry of a batch of which files cannot be looked at says so, does the rest, and is no success', async () => {
  const ledger = openTestLedger();
  await accept(ledger.store, 'b', ['elsewhere', 'broken'].map((id) => newGeneration(id)));
  await fail(ledger, 'broken', 'queued', { failure: { ...UPSTREAM, kind: 'asset' }, task: { id: 'task' } });
  const stored = { kind: 'video', file: 'elsewhere.mp4', sha256: '0'.repeat(64), bytes: 1, source: '' };
  const { redis, keys } = await shardHolding(ledger.store, 'elsewhere');
  await redis.hset(keys.generation('elsewhere'), { state: 'succeeded', folder: 's3://of-another-machine/b', files: JSON.stringify([stored]) });
  const environment = { ...environmentOf(ledger), ALLEGRO_API_KEY: 'k' };

  const said = await dailies(environment, os.tmpdir(), ['retry', 'b']);

  expect(said.stderr).toContain('1 could not be looked at');
  expect(said.code).toBe(1);
  expect((await ledger.generation('elsewhere')).state).toBe('succeeded');
  expect((await ledger.generation('broken')).state).toBe('downloading');
});

test('what an attended batch sends again waits for its run or a watch of it, and is said to, by its id as well; what is only polled waits for neither', async () => {
  const ledger = openTestLedger();
  await accept(ledger.store, 'seen', ['paid', 'other', 'polled'].map((id) => newGeneration(id)), true);
  for (const id of ['paid', 'other']) await fail(ledger, id, 'queued', { failure: UPSTREAM });
  await fail(ledger, 'polled', 'queued', { failure: MISSING, task: { id: 'task' } });
  const attended = 'This batch is attended: run its file again, or `dailies watch seen` beside a worker.';

  for (const [name, waits] of [['polled', false], ['paid', true], ['seen', true]] as const) {
    const { stderr, code } = await dailies(environmentOf(ledger), os.tmpdir(), ['retry', name, '--yes']);
    expect([code, stderr.includes(attended), stderr.includes('A worker does it')]).toEqual([0, waits, !waits]);
  }
});

import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { hold, loadConfig, readGenerations, transition, type Change } from '@dailies/queue';
import { openResults } from '@dailies/results';
import { Cluster } from 'ioredis';
import { expect, inject, onTestFinished, test, vi } from 'vitest';
import { accept, newGeneration, openTestLedger, type TestLedger } from '../../../../../test/support/ledger.ts';
import { REPLICAS } from '../../../../../test/support/redis.ts';
import type { Context } from '../../context.ts';
import type { Session } from '../../session.ts';
import { dropOthers, wouldDrop } from './dropped.ts';
import { enlist } from './enlist.ts';

const SUBMIT: Change = {
  from: ['queued'],
  to: 'submitting',
  by: '1.worker',
  admission: { reservation: 'r', limit: 9, limitOfProvider: 9, judgeAfterMs: 1_000 },
};

async function move(ledger: TestLedger, id: string, ...changes: Change[]): Promise<void> {
  for (const change of changes) expect(await transition(ledger.store, await ledger.generation(id), change)).toMatchObject({ outcome: 'won' });
}

/** All of them are looked at before one is canceled; this happens in between. The look is a pipeline on a Cluster, otherwise a script. */
async function afterTheLook({ redis, store }: TestLedger, happens: () => Promise<void>): Promise<void> {
  const andThen = async <Answer>(look: Promise<Answer>): Promise<Answer> => {
    const answer = await look;
    await happens();
    return answer;
  };
  if (redis instanceof Cluster) {
    const pipeline = redis.pipeline.bind(redis);
    vi.spyOn(redis, 'pipeline').mockImplementationOnce(() => {
      const look = pipeline();
      const exec = look.exec.bind(look);
      look.exec = () => andThen(exec());
      return look;
    });
    return;
  }
  // So that Redis knows the script of the look, which is then one call.
  await readGenerations(store, ['any']);
  const evalsha = redis.evalsha.bind(redis) as (...args: unknown[]) => Promise<unknown>;
  vi.spyOn(redis, 'evalsha').mockImplementationOnce((...args: unknown[]) => andThen(evalsha(...args)));
}

test('what was submitted while others were pruned is not canceled: it is paid for', async () => {
  const ledger = openTestLedger(undefined, 1);
  await accept(ledger.store, 'b', ['first', 'rendering', 'submitting', 'refused'].map((id) => newGeneration(id)));
  await afterTheLook(ledger, async () => {
    await move(ledger, 'rendering', SUBMIT, { from: ['submitting'], to: 'rendering', by: '1.worker', patch: { task: { id: 't' } } });
    await move(ledger, 'submitting', SUBMIT);
    await move(ledger, 'refused', SUBMIT, { from: ['submitting'], to: 'queued', by: '1.worker' });
  });

  const { dropped } = await dropOthers(ledger, 'b', new Set(), true);

  expect(dropped.map(({ id, outcome }) => `${id} ${outcome}`)).toEqual(['first canceled', 'submitting doubtful', 'refused canceled']);
  expect(await ledger.generation('rendering'), 'held, should it fail unbilled').toMatchObject({ state: 'rendering', dropped: true });
  const submitting = await ledger.generation('submitting');
  expect(submitting.state).toBe('submitting');
  expect(submitting).not.toHaveProperty('cancelRequested');
});

test.each([true, false])('what is being submitted or in doubt is marked, and not said to be held or canceled: it may be paid (--prune: %s)', async (prune) => {
  const ledger = openTestLedger();
  await accept(ledger.store, 'b', ['submitting', 'doubtful'].map((id) => newGeneration(id)));
  await move(ledger, 'submitting', SUBMIT);
  await move(ledger, 'doubtful', SUBMIT, { from: ['submitting'], to: 'ambiguous', by: '1.worker', patch: { ambiguity: { sentAt: 1, endSeen: true, why: 'reset' } } });
  const dropped = [{ id: 'submitting', outcome: 'doubtful' }, { id: 'doubtful', outcome: 'doubtful' }];
  expect(await wouldDrop(ledger.store, 'b', new Set(), prune)).toMatchObject(dropped);
  expect(await ledger.generation('submitting')).not.toHaveProperty('dropped');
  expect(await dropOthers(ledger, 'b', new Set(), prune)).toMatchObject({ dropped, stopped: [] });
  expect(await ledger.generation('submitting')).toMatchObject({ state: 'submitting', dropped: true });
  expect(await ledger.generation('doubtful')).toMatchObject({ state: 'ambiguous', dropped: true, ambiguity: { sentAt: 1, why: 'reset' } });
});

test('what is being submitted is not said to be held', async () => {
  const ledger = openTestLedger();
  await accept(ledger.store, 'b', [newGeneration('g1')]);
  const seen = await ledger.generation('g1');
  await move(ledger, 'g1', SUBMIT);
  expect(await hold(ledger.store, seen, 'dropped')).toBe(false);
  expect((await ledger.generation('g1')).held).toBeUndefined();
});

test.each([
  [true, 'Canceled 120 queued generations that this file no longer has (--prune).'],
  [false, '120 queued before, and no longer in this file: held, not submitted.'],
])('all of it is dropped, and told, before replicas are asked whether they have that (--prune: %s)', async (prune, told) => {
  const ledger = openTestLedger();
  const ids = Array.from({ length: 120 }, (_, at) => `g${at}`);
  await accept(ledger.store, 'b', ids.map((id) => newGeneration(id)));
  const folder = await mkdtemp(path.join(os.tmpdir(), 'dailies-dropped-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  // The replicas fall silent when the file is accepted: for that they are asked by the configuration.
  const config = loadConfig({ OUT_DIR: folder }, { root: folder, cwd: folder });
  const desk = { ...ledger, replicas: REPLICAS[inject('redisKind')] + 1 };
  const session = { config, desk, setting: { suffix: '' }, results: openResults(config) } as unknown as Session;
  const said: string[] = [];
  const context = { terminal: { say: (line: string) => void said.push(line) }, interrupts: { stopping: new AbortController().signal } } as unknown as Context;
  const items = [{ line: 1, generation: newGeneration('kept'), images: [] }];
  const enlisting = enlist(context, session, { batch: 'b', attended: false, file: 'b.txt', items, skipInvalid: false, leftOut: 0, prune });
  await expect(enlisting, 'what is held is not looked for among what is canceled').rejects.toMatchObject({ name: 'MayBeForgotten', isForgotten: false });
  expect(said).toContain(told);
  const found = await readGenerations(ledger.store, ids);
  expect(found.map((one) => (prune ? one?.state : one?.held))).toEqual(ids.map(() => (prune ? 'canceled' : 'dropped')));
});

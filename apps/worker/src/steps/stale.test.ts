/** Deliveries that come once more after a crash between the end of a generation and that of its job, or too late. */
import { type Generation, type State, hold, jobId, transition } from '@dailies/queue';
import { expect, test, vi } from 'vitest';
import { ADMISSION } from '../../../../test/support/ledger.ts';
import { type DownloadParts, downloadStep } from './download.ts';
import { pollStep } from './poll.ts';
import { submitStep } from './submit.ts';
import { answering, openStepStage, type StepStage } from './testing/step-stage.ts';
import type { StepOutcome } from './step-outcome.ts';

const submit = vi.fn();
const PENDING = answering({ state: 'pending', phase: 'running' });
const STEPS: Record<string, (stage: StepStage, delivery: ReturnType<StepStage['delivery']>) => Promise<StepOutcome>> = {
  submit: ({ context }, delivery) => submitStep(context, new Map(), delivery),
  poll: ({ context }, delivery) => pollStep(context, PENDING, delivery),
  download: ({ context }, delivery) => downloadStep(context, {} as DownloadParts, delivery),
};

const QUEUES = { submit: 'kling-submit', poll: 'kling-poll', download: 'download' };

const jobOf = ({ context }: StepStage, queue: string, { id, seq }: Generation) => context.queues.get(queue).getJob(jobId(id, seq));

test.each(Object.keys(STEPS))('a job of %s that is delivered again after its generation has failed ends as failed, with the reason, and restarts nothing', async (kind) => {
  const stage = openStepStage({ submit });
  const { store, generation } = stage.ledger;
  const { id } = await stage.submitting();
  const failure = { kind: 'rejected', message: 'no such model', retryable: false };
  await transition(store, await generation(id), { from: ['submitting'], to: 'failed', by: '1.a', patch: { failure } });
  const failed = await generation(id);

  expect(await STEPS[kind]?.(stage, stage.delivery(failed))).toEqual({ kind: 'failed', reason: 'no such model' });
  expect(await STEPS[kind]?.(stage, stage.delivery({ ...failed, seq: failed.seq - 1 }))).toEqual({ kind: 'done', note: 'stale' });
  expect(submit).not.toHaveBeenCalled();
  expect(await generation(id)).toEqual(failed);
});

test.each(Object.keys(STEPS))('a job of %s that is delivered again after its generation was canceled has nothing to do', async (kind) => {
  const stage = openStepStage({ submit });
  const { store, generation } = stage.ledger;
  const { id } = await stage.queued();
  await transition(store, await generation(id), { from: ['queued'], to: 'canceled', by: '1.a' });
  const canceled = await generation(id);

  expect(await STEPS[kind]?.(stage, stage.delivery(canceled))).toMatchObject({ kind: 'done' });
  expect(submit).not.toHaveBeenCalled();
  expect(await generation(id)).toEqual(canceled);
});

test.each([
  ['submit', []],
  ['poll', ['submitting', 'rendering']],
  ['download', ['submitting', 'rendering', 'downloading']],
] as const)('a job of %s from before its generation was handed over leaves it to the job that comes with that, and adds it where a crash has lost it', async (kind, states) => {
  const stage = openStepStage({ submit });
  const { store, generation } = stage.ledger;
  const { id } = await stage.queued();
  let from: State = 'queued';
  for (const to of states) {
    const patch = to === 'rendering' ? { task: { id: 't1' }, taskKey: 't1', submittedAt: 1 } : {};
    await transition(store, await generation(id), { from: [from], to, by: `1.${to}`, patch, ...(to === 'submitting' ? { admission: ADMISSION } : {}) });
    from = to;
  }
  const later = await generation(id);

  for (const times of [1, 2]) {
    expect(await STEPS[kind]?.(stage, stage.delivery({ ...later, seq: later.seq - 1 }))).toEqual({ kind: 'done', note: 'stale' });
    expect(await jobOf(stage, QUEUES[kind], later), `delivered ${times} times`).toMatchObject({ data: { id, seq: later.seq } });
  }
  expect(submit).not.toHaveBeenCalled();
  expect(await generation(id)).toEqual(later);
});

test('what is held for its person gets no job from one of before', async () => {
  const stage = openStepStage({ submit });
  const { store, generation } = stage.ledger;
  const { id } = await stage.queued();
  await hold(store, await generation(id), 'dropped');
  const held = await generation(id);
  expect(await STEPS['submit']?.(stage, stage.delivery({ ...held, seq: held.seq - 1 }))).toEqual({ kind: 'done', note: 'stale' });
  expect(await jobOf(stage, QUEUES.submit, held)).toBeUndefined();
});

/** Deliveries that come once more after a crash between the end of a generation and that of its job. */
import { transition } from '@dailies/queue';
import { expect, test, vi } from 'vitest';
import { type DownloadDesk, downloadStep } from './download.ts';
import { pollStep } from './poll.ts';
import { submitStep } from './submit.ts';
import { answering, openStepStage, type StepStage } from './testing/step-stage.ts';
import type { StepOutcome } from './step-outcome.ts';

const submit = vi.fn();
const PENDING = answering({ state: 'pending', phase: 'running' });
const STEPS: Record<string, (stage: StepStage, delivery: ReturnType<StepStage['delivery']>) => Promise<StepOutcome>> = {
  submit: ({ context }, delivery) => submitStep(context, new Map(), delivery),
  poll: ({ context }, delivery) => pollStep(context, PENDING, delivery),
  download: ({ context }, delivery) => downloadStep(context, {} as DownloadDesk, delivery),
};

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

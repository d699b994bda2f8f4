/**
 * The upstream's own word that a task has come to its end: its results go to the download, its failure ends the generation, or sends it again where
 * that is known to cost nothing (submit-again.ts). Where the generation is canceled, only its slot is freed.
 */
import type { Succeeded } from '@dailies/providers';
import { about, type Generation, type GenerationFailure, type Patch, endTask, handOver, hasMoved, transition } from '@dailies/queue';
import { StoreError } from '@dailies/results';
import type { Assignment, WorkerContext } from '../context.ts';
import { rememberedFiles } from '../folder/remembered-files.ts';
import { type StepOutcome, done, failed, wait } from '../steps/step-outcome.ts';
import { slowPoll } from './slow-poll.ts';
import { mayBeSentAgain, submitAgain } from './submit-again.ts';

export async function upstreamSucceeded(
  context: WorkerContext,
  { upstream, generation, by }: Assignment,
  { assets, reported, tookMs }: Succeeded,
): Promise<StepOutcome> {
  if (generation.state === 'canceled') {
    await endTask(context.store, generation);
    return done('canceled; the upstream has finished it');
  }
  const patch: Patch = { assets, ...lookedFor(generation), bill: context.prices.bill(generation, 'success', reported) };
  const result = await transition(context.store, generation, { from: ['rendering', 'overdue'], to: 'downloading', by, seq: generation.seq, patch });
  if (!hasMoved(result)) return done('stale');
  context.pacing.foundDone(generation, upstream.settings.pace, tookMs);
  if (generation.refetched !== true) countPolls(context, generation);
  context.at('poll:ended', generation.id);
  await handOver(context.store, context.queues, [{ ...generation, state: 'downloading', seq: result.seq }]);
  context.at('poll:handed-over', generation.id);
  await context.callbacks.sawEnd(generation);
  return done('ready');
}

export async function upstreamFailed(
  context: WorkerContext,
  assignment: Assignment,
  failure: GenerationFailure & { unbilled?: boolean },
): Promise<StepOutcome> {
  const { generation, by } = assignment;
  if (generation.state === 'canceled') {
    await endTask(context.store, generation);
    return done('canceled; the upstream has failed it');
  }
  const remembered = await rememberedResult(context, assignment);
  if (remembered !== null) return remembered;
  if (failure.unbilled === true && mayBeSentAgain(context, generation)) {
    const sent = await submitAgain(context, assignment, failure);
    if (sent !== null) return sent;
  }
  const { kind, message, code, retryable } = failure;
  const recorded = { kind, message, ...(code === undefined ? {} : { code }), retryable };
  const patch: Patch = { failure: recorded, finishedAt: Date.now(), ...lookedFor(generation) };
  const result = await transition(context.store, generation, {
    from: ['rendering', 'overdue'],
    to: 'failed',
    by,
    seq: generation.seq,
    patch,
    note: message,
  });
  if (!hasMoved(result)) return done('stale');
  context.log.warn({ ...about(generation), kind, code, reason: message }, 'failed');
  return failed(message);
}

/**
 * After a restored backup, the upstream may have forgotten a task whose video was stored in the time that is lost. With its files on record, the download
 * finds it. Null: no such video is known.
 */
async function rememberedResult(context: WorkerContext, { upstream, generation, by }: Assignment): Promise<StepOutcome | null> {
  try {
    const files = await rememberedFiles(context, generation);
    if (files.length === 0) return null;
    const patch: Patch = { files, ...lookedFor(generation), bill: context.prices.bill(generation, 'success') };
    const note = 'stored before the backup was restored, as the manifest of its folder tells';
    const result = await transition(context.store, generation, { from: ['rendering', 'overdue'], to: 'downloading', by, seq: generation.seq, patch, note });
    if (!hasMoved(result)) return done('stale');
    await handOver(context.store, context.queues, [{ ...generation, state: 'downloading', seq: result.seq }]);
    return done('stored before');
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    // Its place is away: without a look into it, a paid video would be given up.
    context.log.warn({ ...about(generation), reason: error.message }, 'not failed before its folder was looked at, where it may be stored');
    return wait(slowPoll(upstream.settings.pace), error.message);
  }
}

/** How good our polling is. Of what a person has had polled again, perhaps weeks later, it would tell when that person came. */
function countPolls({ meter }: WorkerContext, { provider, polls, lastPolledAt, submittedAt }: Generation): void {
  meter.observe('dailies_polls_per_video', { provider }, polls + 1);
  meter.observe('dailies_detection_delay_seconds', { provider }, (Date.now() - (lastPolledAt ?? submittedAt ?? Date.now())) / 1000);
}

/** What the last look leaves in the record. */
function lookedFor({ polls }: Generation): Patch {
  return { polls: polls + 1, lastPolledAt: Date.now(), phase: null, percent: null };
}

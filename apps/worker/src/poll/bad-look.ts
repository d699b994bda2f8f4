/**
 * What follows from a look that was not answered. It says nothing about the video, and only ever leads to another look. But where the upstream turns
 * the account away, the account is paused; and after many bad looks in a row the deadline counts as it does after an answer.
 */
import { OUTCOME, type ProviderError } from '@dailies/providers';
import { about, type Generation, backoff, note } from '@dailies/queue';
import type { Assignment, WorkerContext } from '../context.ts';
import { pauseFor } from '../steps/pause-for.ts';
import { type StepOutcome, wait } from '../steps/step-outcome.ts';
import { slowTask } from './slow-task.ts';

/** Bad looks in a row after which the deadline counts as it does after an answer. Some are no reason yet: a machine that wakes may have no network at first. */
const MOST_BAD_LOOKS = 10;

/** Errors for which the account was paused already: one error may be the answer to many polls that were asked together. */
const acknowledged = new WeakSet<ProviderError>();

export async function badLook(context: WorkerContext, assignment: Assignment, error: ProviderError): Promise<StepOutcome> {
  const { upstream, generation } = assignment;
  const { pace } = upstream.settings;
  if (error.kind === 'aborted' || context.stopping.aborted) return wait(0, 'the worker stops');
  const facts = { ...about(generation), kind: error.kind, code: error.code, status: error.status, reason: error.message };
  if (OUTCOME[error.kind].poll === 'hold') {
    if (!acknowledged.has(error)) {
      acknowledged.add(error);
      await pauseFor(context.store, generation, error);
      context.log.error({ ...facts, account: generation.account }, 'paused: nothing is lost; `dailies resume` ends it');
    }
    return wait(pace.maxMs, error.message);
  }
  context.log.debug(facts, 'a look that says nothing');
  const badLooks = (generation.badLooks ?? 0) + 1;
  await note(context.store, generation, { polls: generation.polls + 1, lastPolledAt: Date.now(), blindSince: blindSince(generation), badLooks });
  // A task of which the upstream never says anything must not be waited for without an end.
  const slow = badLooks < MOST_BAD_LOOKS ? null : await slowTask(context, assignment);
  if (slow !== null && slow.kind !== 'wait') return slow;
  return wait(Math.max(error.retryAfterMs ?? 0, slow?.ms ?? backoff(pace, generation.polls)), error.message);
}

/** Epoch milliseconds of the last look that said pending, else of the submit: no look since then has said how far the task is. */
export function blindSince({ blindSince: known, lastPolledAt, submittedAt }: Generation): number | undefined {
  return known ?? lastPolledAt ?? submittedAt;
}

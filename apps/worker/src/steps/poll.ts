/**
 * The poll step: one free look at one task. A bad look says nothing about the video: it only ever leads to another look.
 * Only the upstream's own word ends a generation here; a passed deadline makes it overdue, and forgets nothing.
 */
import { OUTCOME, ProviderError, type Failure, type Progress } from '@dailies/providers';
import { about, type Generation, type GenerationFailure, type Patch, type State, backoff, endTask, handOver, newRound, note, pause, pollsPausedFor, readForWork, transition } from '@dailies/queue';
import type { Delivery, Desk, WorkerContext } from '../context.ts';
import type { Questions } from '../questions/questions.ts';
import { cancelWhereWished } from '../submit/cancel-where-wished.ts';
import { deskOf } from './desk-of.ts';
import { hastened, interruptible, isHinted, tooHasty } from './hint.ts';
import { settleStep } from './settle.ts';
import { slowPoll } from './slow-poll.ts';
import { stale } from './stale.ts';
import { type StepOutcome, done, failed, wait } from './step-outcome.ts';

/** Kling and AceData say that they keep results for 30 days: after that there is nothing left to look for. */
const KEPT_MS = 30 * 24 * 3_600_000;

/** Looks in a row that say nothing, after which the deadline counts as for an answer: a machine that wakes without its network has some. */
const MOST_BAD_LOOKS = 10;

const POLLED: readonly State[] = ['ambiguous', 'rendering', 'overdue', 'canceled'];

export async function pollStep(context: WorkerContext, questions: Questions, delivery: Delivery): Promise<StepOutcome> {
  context.at('poll:fetched', delivery.id);
  const generation = await readForWork(context.store, delivery.id);
  if (generation === null || generation.seq !== delivery.seq || !POLLED.includes(generation.state)) return stale(generation, delivery);
  if (generation.state !== 'ambiguous' && (generation.task === undefined || generation.taskEndedAt !== undefined)) return done('no task to poll');
  const desk = await deskOf(context, generation);
  if (desk === null) return done('held for a worker of its account');
  const by = `${generation.round}.${delivery.token}`;
  if (generation.state === 'ambiguous' || generation.task === undefined) return interruptible(context, generation, await settleStep(context, desk, generation, by));

  const { task } = generation;
  const { pace } = desk.settings;
  // Whoever recorded the task died before it could, or had it from a rescue file.
  if (generation.state === 'rendering' && generation.cancelRequested === true) {
    await cancelWhereWished(context, generation, by, generation.seq);
    return wait(slowPoll(pace), 'canceled: polled until its slot is free');
  }
  const tooEarly = generation.polls === 0 && !isHinted(generation) ? (generation.submittedAt ?? 0) + pace.firstPollMs - Date.now() : 0;
  if (tooEarly > 0 && generation.state === 'rendering') return interruptible(context, generation, wait(tooEarly, 'the first wait that the upstream recommends'));

  const hasty = tooHasty(generation);
  if (hasty > 0) return wait(hasty, 'hints have brought on three polls; the usual pace goes on');

  const again = untilAgain(generation, pace.minMs);
  if (again > 0) return interruptible(context, generation, wait(again, 'the shortest pause between two polls'));

  const outcome = await look(context, desk, generation, by, () => questions.ask(delivery, task, isHinted(generation)));
  if (outcome.kind !== 'wait') return outcome;
  const next = await hastened(context, generation, outcome);
  if (next.notBeforeMs !== undefined && next.ms >= next.notBeforeMs) questions.expect(delivery, task, next.ms, next.notBeforeMs);
  return next;
}

/** One that is called for the company of others, or promoted by hand, may come too soon after its last poll. */
function untilAgain(generation: Generation, minMs: number): number {
  if (generation.state !== 'rendering' || isHinted(generation) || (generation.quick ?? 0) > 0) return 0;
  // Another worker's clock is not trusted further than that pause.
  return Math.min(minMs, (generation.lastPolledAt ?? 0) + minMs - Date.now());
}

async function look(context: WorkerContext, desk: Desk, generation: Generation, by: string, ask: () => Promise<Progress>): Promise<StepOutcome> {
  try {
    const progress = await ask();
    context.at('poll:answered', generation.id);
    return await follow(context, desk, generation, by, progress);
  } catch (error) {
    if (!(error instanceof ProviderError)) throw error;
    return badLook(context, desk, generation, by, error);
  }
}

async function follow(context: WorkerContext, desk: Desk, generation: Generation, by: string, progress: Progress): Promise<StepOutcome> {
  switch (progress.state) {
    case 'pending':
      return later(context, desk, generation, by, { phase: progress.phase, ...(progress.percent === undefined ? {} : { percent: progress.percent }), missingSince: null, doubtfulSince: null, ...(generation.blindSince === undefined ? {} : { blindSince: null }) });
    case 'succeeded':
      return succeeded(context, desk, generation, by, progress);
    case 'failed':
      return upstreamFailed(context, generation, by, progress.failure);
    case 'missing': {
      const failure: Failure = { kind: 'missing', message: 'the upstream does not know this task (any more)', retryable: true };
      return doubt(context, desk, generation, by, 'missingSince', failure);
    }
    case 'doubtful':
      return doubt(context, desk, generation, by, 'doubtfulSince', progress.failure);
  }
}

/** Looked, not there yet: note it, and look again; overdue once the deadline has passed. */
async function later(context: WorkerContext, desk: Desk, generation: Generation, by: string, seen: Patch): Promise<StepOutcome> {
  const { pace } = desk.settings;
  const polls = generation.polls + 1;
  await note(context.store, generation, { ...seen, ...(generation.badLooks === undefined ? {} : { badLooks: null }), polls, lastPolledAt: Date.now() });
  context.at('poll:noted', generation.id);
  const slow = await slowly(context, desk, generation, by);
  if (slow !== null) return slow;
  const usualMs = await context.pacing.nextWait(generation, pace, polls);
  return { ...wait(context.callbacks.wait(generation, usualMs), 'pending'), notBeforeMs: pace.minMs };
}

/** How a task goes on that nobody waits for, or whose deadline has passed; null: it is not one. */
async function slowly(context: WorkerContext, { settings: { pace } }: Desk, generation: Generation, by: string): Promise<StepOutcome | null> {
  if (generation.state === 'overdue' && Date.now() - (generation.submittedAt ?? Date.now()) > KEPT_MS) {
    const failure: GenerationFailure = { kind: 'expired', message: 'not ready in 30 days, after which upstreams delete results', retryable: false };
    return upstreamFailed(context, generation, by, failure);
  }
  const late = await pastDeadline(context, generation, pace.deadlineMs);
  if (generation.state === 'canceled') {
    if (!late) return wait(slowPoll(pace), 'canceled: polled until its slot is free');
    await endTask(context.store, generation);
    return done('canceled, and its deadline has passed');
  }
  if (generation.state === 'rendering' && late) {
    context.log.warn({ ...about(generation) }, 'overdue: the deadline has passed, the task is kept');
    await transition(context.store, generation, { from: ['rendering'], to: 'overdue', by, seq: generation.seq, note: 'the deadline has passed; its task is kept and looked at now and then' });
    return wait(slowPoll(pace), 'overdue');
  }
  return generation.state === 'overdue' ? wait(slowPoll(pace), 'pending') : null;
}

async function succeeded(context: WorkerContext, desk: Desk, generation: Generation, by: string, { assets, reported, tookMs }: Extract<Progress, { state: 'succeeded' }>): Promise<StepOutcome> {
  if (generation.state === 'canceled') {
    await endTask(context.store, generation);
    return done('canceled; the upstream has finished it');
  }
  const polls = generation.polls + 1;
  const patch: Patch = { assets, polls, lastPolledAt: Date.now(), phase: null, percent: null, bill: context.prices.bill(generation, 'success', reported) };
  const result = await transition(context.store, generation, { from: ['rendering', 'overdue'], to: 'downloading', by, seq: generation.seq, patch });
  if (result.outcome !== 'won' && result.outcome !== 'mine') return done('stale');
  context.pacing.foundDone(generation, desk.settings.pace, tookMs);
  const { provider } = generation;
  context.meter.observe('dailies_polls_per_video', { provider }, polls);
  context.meter.observe('dailies_detection_delay_seconds', { provider }, (Date.now() - (generation.lastPolledAt ?? generation.submittedAt ?? Date.now())) / 1000);
  context.at('poll:ended', generation.id);
  await handOver(context.store, context.queues, [{ ...generation, state: 'downloading', seq: result.seq }]);
  context.at('poll:handed-over', generation.id);
  await context.callbacks.sawEnd(generation);
  return done('ready');
}

async function upstreamFailed(context: WorkerContext, generation: Generation, by: string, failure: GenerationFailure & { unbilled?: boolean }): Promise<StepOutcome> {
  if (generation.state === 'canceled') {
    await endTask(context.store, generation);
    return done('canceled; the upstream has failed it');
  }
  if (failure.unbilled === true && mayBeSentAgain(generation) && (generation.resubmits ?? 0) < context.config.resubmit.unbilled) return submitAgain(context, generation, by, failure);
  const patch: Patch = { failure: recorded(failure), finishedAt: Date.now(), polls: generation.polls + 1, lastPolledAt: Date.now(), phase: null, percent: null };
  const result = await transition(context.store, generation, { from: ['rendering', 'overdue'], to: 'failed', by, seq: generation.seq, patch, note: failure.message });
  if (result.outcome !== 'won' && result.outcome !== 'mine') return done('stale');
  context.log.warn({ ...about(generation), kind: failure.kind, code: failure.code, reason: failure.message }, 'failed');
  return failed(failure.message);
}

/**
 * In the time that a restored backup has lost it may have been submitted again already; and a task that a person gave may be mistyped, another's
 * that failed, while its own runs. Then a person says whether to.
 */
function mayBeSentAgain({ unwanted, restored, taskKey, givenTask }: Generation): boolean {
  return unwanted !== true && restored !== true && (givenTask === undefined || givenTask !== taskKey);
}

/**
 * The upstream's own word that nothing runs and nothing is billed: a new round by itself (DESIGN.md §3.1), a few times at most. Nobody is told
 * of a failure in between.
 */
async function submitAgain(context: WorkerContext, generation: Generation, by: string, failure: GenerationFailure): Promise<StepOutcome> {
  const { unbilled, afterMs } = context.config.resubmit;
  const times = (generation.resubmits ?? 0) + 1;
  const delayMs = Math.round(afterMs * 2 ** (times - 1) * (0.75 + Math.random() / 2));
  const note = `failed and not billed (${failure.message}): submitted again, ${times} of ${unbilled}`;
  const patch: Patch = { ...newRound(generation), resubmits: times };
  const result = await transition(context.store, generation, { from: ['rendering', 'overdue'], to: 'queued', by, seq: generation.seq, patch, note, endedUnbilled: true });
  if (result.outcome !== 'won' && result.outcome !== 'mine') return done('stale');
  context.at('poll:resubmitted', generation.id);
  await handOver(context.store, context.queues, [{ ...generation, state: 'queued', seq: result.seq }], delayMs);
  context.log.warn({ ...about(generation), code: failure.code, reason: failure.message, times, delayMs }, 'failed unbilled: submitted again');
  return done(note);
}

function recorded({ kind, message, code, retryable }: GenerationFailure): GenerationFailure {
  return { kind, message, ...(code === undefined ? {} : { code }), retryable };
}

/** `missing` and `doubtful` become a failure only after a grace: an upstream may be slow to know its own task. */
async function doubt(context: WorkerContext, desk: Desk, generation: Generation, by: string, since: 'missingSince' | 'doubtfulSince', failure: Failure): Promise<StepOutcome> {
  const first = generation[since] ?? Date.now();
  if (Date.now() - first >= desk.settings.pace.missingGraceMs) return upstreamFailed(context, generation, by, failure);
  return later(context, desk, generation, by, { [since]: first, blindSince: blindSince(generation) });
}

/** One error may be the answer to many polls: what it means for the account is done once. */
const acknowledged = new WeakSet<ProviderError>();

async function badLook(context: WorkerContext, desk: Desk, generation: Generation, by: string, error: ProviderError): Promise<StepOutcome> {
  const { account, provider } = generation;
  const { pace } = desk.settings;
  const facts = { ...about(generation), kind: error.kind, code: error.code, status: error.status };
  if (error.kind === 'aborted' || context.stopping.aborted) return wait(0, 'the worker stops');
  if (OUTCOME[error.kind].poll === 'hold') {
    if (acknowledged.has(error)) return wait(pace.maxMs, error.message);
    acknowledged.add(error);
    const scope = error.pauses === 'provider' ? `provider:${account}:${provider}` : `account:${account}`;
    await pause(context.store, scope, { reason: error.message, kind: error.kind, polls: true });
    context.log.error({ ...facts, account, reason: error.message }, 'paused: nothing is lost; `dailies resume` ends it');
    return wait(pace.maxMs, error.message);
  }
  context.log.debug({ ...facts, reason: error.message }, 'a look that says nothing');
  const badLooks = (generation.badLooks ?? 0) + 1;
  await note(context.store, generation, { polls: generation.polls + 1, lastPolledAt: Date.now(), blindSince: blindSince(generation), badLooks });
  // One that is never answered for must not be waited for without an end.
  const slow = badLooks < MOST_BAD_LOOKS ? null : await slowly(context, desk, generation, by);
  if (slow !== null && slow.kind !== 'wait') return slow;
  return wait(Math.max(error.retryAfterMs ?? 0, slow?.ms ?? backoff(pace, generation.polls)), error.message);
}

/** The last look that said pending, or the submit: the looks since then have not said how far the task is. */
function blindSince({ blindSince: known, lastPolledAt, submittedAt }: Generation): number | undefined {
  return known ?? lastPolledAt ?? submittedAt;
}

/** Time during which the account's polls were paused does not count. */
async function pastDeadline({ store }: WorkerContext, generation: Generation, deadlineMs: number): Promise<boolean> {
  const { deadlineAt, pausedBase } = generation;
  if (deadlineAt === undefined) {
    // Counted anew from here: for how long polls were paused before does not put it off.
    await note(store, generation, { deadlineAt: Date.now() + deadlineMs, pausedBase: await pollsPausedFor(store, generation) });
    return false;
  }
  if (Date.now() < deadlineAt) return false;
  return Date.now() >= deadlineAt + (await pollsPausedFor(store, generation)) - pausedBase;
}

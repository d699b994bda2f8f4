/**
 * The submit step: `submitting` on disk → one POST → `rendering{task}` on disk → poll job, in this order, each hand-over repeatable.
 *
 * It must never send twice: it sends only what it moved from queued to submitting itself, and only within SEND_WITHIN_MS of having
 * decided to. A generation found in `submitting` is not its business; the watch over intents judges it.
 */
import { OUTCOME, ProviderError, type Task, type Progress } from '@dailies/providers';
import {
  about,
  type Generation,
  type GenerationFailure,
  type Patch,
  callbackUrl,
  concernsModelAlone,
  coolDown,
  learnAnswered,
  learnDoubt,
  learnFull,
  loadImage,
  pause,
  readForWork,
  shardOf,
  transition,
} from '@dailies/queue';
import { type Desk, type WorkerContext, access } from '../context.ts';
import { type AcceptedAnswers, recordAccepted } from '../submit/accepted-answer.ts';
import { addressedModel } from '../submit/addressed-model.ts';
import { markAmbiguous } from '../submit/mark-ambiguous.ts';
import { nonceOf } from '../submit/nonce.ts';
import { putBack } from '../submit/put-back.ts';
import type { Admission } from '../submit/submit-loop.ts';
import { untilTaken } from '../submit/until-taken.ts';
import { deskOf } from './desk-of.ts';
import { SEND_WITHIN_MS } from './send-within.ts';
import { stale } from './stale.ts';
import { type StepOutcome, back, done, failed } from './step-outcome.ts';

export async function submitStep(context: WorkerContext, answers: AcceptedAnswers, delivery: Admission): Promise<StepOutcome> {
  context.at('submit:fetched', delivery.id);
  const generation = await readForWork(context.store, delivery.id);
  if (generation === null || generation.seq !== delivery.seq || generation.state !== 'queued') return stale(generation, delivery);
  const desk = await deskOf(context, generation);
  if (desk === null) return done('held for a worker of its account');

  const by = `${generation.round}.${delivery.token}`;
  if (generation.cancelRequested === true) {
    const patch: Patch = { finishedAt: Date.now(), cancelRequested: null };
    await transition(context.store, generation, { from: ['queued'], to: 'canceled', by, seq: generation.seq, patch, note: 'canceled: it was never accepted' });
    return done('canceled');
  }
  const clock = startClock();
  const clientId = `${generation.id}.${generation.round}`;
  const intent = { clientId, nonce: nonceOf(desk.account, clientId) };
  const intentWritten = transition(context.store, generation, {
    from: ['queued'],
    to: 'submitting',
    by,
    seq: generation.seq,
    patch: { ...intent, endpointPath: desk.account.endpointPath, sendBy: Date.now() + SEND_WITHIN_MS },
    admission: {
      reservation: delivery.reservation,
      limit: desk.account.maxInFlight,
      limitOfProvider: desk.settings.maxInFlight,
      judgeAfterMs: SEND_WITHIN_MS + context.config.upstreamTimeoutMs + 1_000,
    },
  });
  // It is on its way: what anybody asks of Redis over this connection from here on comes after it.
  delivery.admitted();
  const result = await intentWritten;
  if (result.outcome === 'refused' && result.reason === 'offered') return untilAnswered(context, generation);
  if (result.outcome === 'refused') return result.reason === 'unattended' || result.reason === 'held' ? done(`not submitted: ${result.reason}`) : back(result.reason);
  if (result.outcome !== 'won' && result.outcome !== 'mine') return done('stale');
  delivery.used();
  const submitted = { ...generation, ...intent, seq: result.seq, state: 'submitting' as const };

  const shard = shardOf(context.store, generation.account);
  const kept = await context.replicas.has(shard, { key: shard.keys.generation(submitted.id), field: 'lastBy', is: by });
  // Un-written by a fail-over: whoever finds it queued submits it.
  if (kept === 'missing') return done('the ledger does not have the intent any more');
  const putBackHere = (why: string): Promise<StepOutcome> => {
    delivery.returns();
    return putBack(context, submitted, by, why);
  };
  if (kept === 'few') return putBackHere('too few replicas have acknowledged the intent');
  context.sawIntent(result.event);
  context.at('submit:intent-written', submitted.id);
  const sentAt = Date.now();
  try {
    const answer = await desk.provider.submit(submitted.request, {
      access: access(desk),
      http: context.http,
      signal: context.stopping,
      ...intent,
      maySend: () => {
        context.at('submit:sending', submitted.id);
        return clock() < SEND_WITHIN_MS && !context.stopping.aborted;
      },
      callbackUrl: callbackUrl(context.config.publicUrl, submitted, intent.nonce),
      inertCallback: desk.account.inertCallback,
      loadImage: (reference) => loadImage(context.store, reference),
    });
    return await accepted(context, answers, desk, submitted, { by, intentAt: result.at, recorded: delivery.answered }, answer);
  } catch (error) {
    if (!(error instanceof ProviderError)) throw error;
    return untilTaken(context, { ...about(submitted), kind: error.kind }, () => refused(context, submitted, by, { desk, sentAt, intentAt: result.at }, error, putBackHere));
  }
}

/** A callback has named a task of it: the watch over offers asks about that one first, and lets this one go on. */
async function untilAnswered({ store }: WorkerContext, { id, account }: Generation): Promise<StepOutcome> {
  const shard = shardOf(store, account);
  await shard.redis.sadd(shard.keys.offered, id);
  return done('not submitted: a callback has named a task of it, which is asked about first');
}

async function accepted(
  context: WorkerContext,
  answers: AcceptedAnswers,
  desk: Desk,
  generation: Generation,
  { by, intentAt, recorded }: { by: string; intentAt: number; recorded: () => void },
  answer: { task: Task; done?: Progress },
): Promise<StepOutcome> {
  const taskKey = desk.provider.taskKey(answer.task);
  context.at('submit:answered', generation.id);
  // Before the ledger: should Redis be away just now, this line is what a person has.
  context.log.info({ ...about(generation), round: generation.round, task: taskKey }, 'accepted');
  return recordAccepted(context, answers, desk, generation, { by, taskKey, intentAt, ...answer }, recorded);
}

async function refused(
  context: WorkerContext,
  generation: Generation,
  by: string,
  times: { desk: Desk; sentAt: number; intentAt: number },
  error: ProviderError,
  putBackHere: (why: string) => Promise<StepOutcome>,
): Promise<StepOutcome> {
  const { account, provider } = generation;
  const facts = { ...about(generation), kind: error.kind, code: error.code, status: error.status, requestId: error.requestId };
  context.at('submit:refused', generation.id);
  switch (OUTCOME[error.kind].submit) {
    case 'fail': {
      await learnAnswered(context.store, account, times.intentAt);
      context.log.warn({ ...facts, reason: error.message }, 'refused');
      return fail(context, generation, by, { kind: error.kind, message: error.message, code: error.code, retryable: false }, putBackHere);
    }
    case 'hold': {
      await learnAnswered(context.store, account, times.intentAt);
      const sent = addressedModel(times.desk, generation);
      // In the upstream's own words: a page of something in between, a redirect, or a gateway without any route is of all.
      if (sent !== null && error.namesModel && (await concernsModelAlone(context.store, account, sent))) {
        context.log.warn({ ...facts, model: sent.model, reason: error.message }, 'refused: this model is not to be had here, others are');
        const message = `${error.message.replace(/\.?$/, '.')} The account has taken other models there, and never ${sent.model}: have it enabled, then \`dailies retry\`, or ask for another model.`;
        return fail(context, generation, by, { kind: 'delisted', message, code: error.code, retryable: true }, putBackHere);
      }
      const scope = error.pauses === 'provider' ? `provider:${account}:${provider}` : `account:${account}`;
      await pause(context.store, scope, { reason: error.message, kind: error.kind, polls: OUTCOME[error.kind].poll === 'hold' });
      context.log.error({ ...facts, account, reason: error.message }, 'paused: generations stay queued; `dailies resume` ends it');
      return putBackHere(error.message);
    }
    case 'wait': {
      const inMs = await waitFor(context, account, error, by, times.intentAt);
      context.log.info({ ...facts, account, reason: error.message, inMs }, 'not accepted: waits');
      return putBackHere(error.message);
    }
    case 'ambiguous': {
      await doubt(context, account, by);
      await markAmbiguous(context, generation, by, {
        sentAt: times.sentAt,
        endSeen: error.endSeen,
        ...(error.endSeen ? { endAt: Date.now() } : {}),
        why: error.message,
        ...(error.requestId === undefined ? {} : { requestId: error.requestId }),
      });
      return failed(`nobody knows whether it was accepted: ${error.message}`);
    }
  }
}

async function fail({ store }: WorkerContext, generation: Generation, by: string, { code, ...why }: Omit<GenerationFailure, 'code'> & { code: string | undefined }, putBackHere: (why: string) => Promise<StepOutcome>): Promise<StepOutcome> {
  const patch: Patch = { failure: { ...why, ...(code === undefined ? {} : { code }) }, finishedAt: Date.now() };
  const result = await transition(store, generation, { from: ['submitting'], to: 'failed', by, seq: generation.seq, patch, note: why.message });
  // Judged meanwhile, as one of which nobody knows: we know that it was not accepted.
  return result.outcome === 'lost' ? putBackHere(why.message) : failed(why.message);
}

/** What a refusal that ends by itself teaches, and how long the account waits after it. */
async function waitFor({ store, ...context }: WorkerContext, account: string, error: ProviderError, by: string, intentAt: number): Promise<number> {
  if (error.kind === 'slots') {
    // A slot that is freed must be used at once; only where none of ours can be freed, or the upstream says when to come back, does time decide.
    const isOursFreed = (await learnFull(store, account, intentAt)) > 0;
    if (isOursFreed && error.retryAfterMs === undefined) return 0;
    return coolDown(store, account, isOursFreed ? AS_ASKED : COOL_DOWN.slots, error.retryAfterMs);
  }
  if (error.kind === 'unavailable') {
    await doubt({ store, ...context }, account, by);
    return coolDown(store, account, COOL_DOWN.unavailable, error.retryAfterMs);
  }
  if (error.kind === 'aborted') return 0;
  await learnAnswered(store, account, intentAt);
  return coolDown(store, account, COOL_DOWN.rate, error.retryAfterMs);
}

async function doubt({ store, log }: WorkerContext, account: string, by: string): Promise<void> {
  if (await learnDoubt(store, account, by)) log.error({ account }, 'breaker open: nothing is submitted until the upstream answers a free request');
}

/** The first wait after a refusal that ends by itself, and the longest. The wave that was under way is one strike. */
const COOL_DOWN: Record<'rate' | 'slots' | 'unavailable', { firstMs: number; maxMs: number }> = {
  rate: { firstMs: 2_000, maxMs: 60_000 },
  slots: { firstMs: 2_000, maxMs: 30_000 },
  unavailable: { firstMs: 1_000, maxMs: 60_000 },
};

const AS_ASKED = { firstMs: 0, maxMs: 0 };

/** Milliseconds since the start, by whichever clock went further: a suspended machine stops one of them, a correction moves the other. */
function startClock(): () => number {
  const wall = Date.now();
  const monotonic = performance.now();
  return () => Math.max(Date.now() - wall, performance.now() - monotonic);
}

/**
 * The submit step: `submitting` on disk → one POST → `rendering{task}` on disk → poll job, in this order, each hand-over repeatable.
 *
 * It must never send twice: it sends only what it moved from queued to submitting itself, and only within SEND_WITHIN_MS of having
 * decided to. A generation found in `submitting` is not its business; the watch over intents judges it.
 */
import { randomBytes } from 'node:crypto';
import { OUTCOME, ProviderError, type Task, type Progress } from '@dailies/providers';
import {
  type Generation,
  type Patch,
  coolDown,
  loadImage,
  pause,
  readGeneration,
  transition,
  warmUp,
} from '@dailies/queue';
import { type Desk, type WorkerContext, access } from '../context.ts';
import { type AcceptedAnswers, recordAccepted } from '../submit/accepted-answer.ts';
import { markAmbiguous } from '../submit/mark-ambiguous.ts';
import { putBack } from '../submit/put-back.ts';
import type { Admission } from '../submit/submit-loop.ts';
import { deskOf } from './desk-of.ts';
import { type StepOutcome, back, done, failed } from './step-outcome.ts';

/** The paid bytes leave within this of the decision, or not at all. Checked where they leave, on the larger of wall and monotonic clock. */
export const SEND_WITHIN_MS = 5_000;

export async function submitStep(context: WorkerContext, answers: AcceptedAnswers, delivery: Admission): Promise<StepOutcome> {
  const generation = await readGeneration(context.store, delivery.id);
  if (generation === null || generation.seq !== delivery.seq || generation.state !== 'queued') return done('stale');
  const desk = await deskOf(context, generation);
  if (desk === null) return done('held for a worker of its account');

  const by = `${generation.round}.${delivery.token}`;
  const clock = startClock();
  const intent = { clientId: `${generation.id}.${generation.round}`, nonce: generation.nonce ?? randomBytes(16).toString('hex') };
  const result = await transition(context.store, generation, {
    from: ['queued'],
    to: 'submitting',
    by,
    seq: generation.seq,
    patch: { ...intent, sendBy: Date.now() + SEND_WITHIN_MS },
    admission: {
      reservation: delivery.reservation,
      limit: desk.account.maxInFlight,
      limitOfProvider: desk.settings.maxInFlight,
      judgeAfterMs: SEND_WITHIN_MS + context.config.upstreamTimeoutMs + 1_000,
    },
  });
  if (result.outcome === 'refused') return result.reason === 'unattended' ? done('held: nobody attends its batch') : back(result.reason);
  if (result.outcome !== 'won' && result.outcome !== 'mine') return done('stale');
  const submitted = { ...generation, ...intent, seq: result.seq, state: 'submitting' as const };

  if (!(await replicated(context))) {
    return putBack(context, submitted, by, 'too few replicas have acknowledged the intent');
  }
  delivery.admitted();
  const sentAt = Date.now();
  try {
    const answer = await desk.provider.submit(submitted.request, {
      access: access(desk),
      http: context.http,
      signal: context.stopping,
      ...intent,
      maySend: () => clock() < SEND_WITHIN_MS && !context.stopping.aborted,
      inertCallback: desk.account.inertCallback,
      loadImage: (reference) => loadImage(context.store, reference),
    });
    return await accepted(context, answers, desk, submitted, by, answer);
  } catch (error) {
    if (!(error instanceof ProviderError)) throw error;
    return refused(context, submitted, by, sentAt, error);
  }
}

async function accepted(
  context: WorkerContext,
  answers: AcceptedAnswers,
  desk: Desk,
  generation: Generation,
  by: string,
  answer: { task: Task; done?: Progress },
): Promise<StepOutcome> {
  const taskKey = desk.provider.taskKey(answer.task);
  // Before the ledger: should Redis be away just now, this line is what a person has.
  context.log.info({ generation: generation.id, round: generation.round, provider: generation.provider, task: taskKey }, 'accepted');
  const outcome = await recordAccepted(context, answers, desk, generation, { by, taskKey, ...answer });
  await warmUp(context.store, generation.account);
  return outcome;
}

async function refused(context: WorkerContext, generation: Generation, by: string, sentAt: number, error: ProviderError): Promise<StepOutcome> {
  const { account, provider } = generation;
  const facts = { generation: generation.id, provider, kind: error.kind, code: error.code, status: error.status, requestId: error.requestId };
  switch (OUTCOME[error.kind].submit) {
    case 'fail': {
      context.log.warn({ ...facts, reason: error.message }, 'refused');
      const failure = { kind: error.kind, message: error.message, ...(error.code === undefined ? {} : { code: error.code }), retryable: false };
      const patch: Patch = { failure, finishedAt: Date.now() };
      await transition(context.store, generation, { from: ['submitting'], to: 'failed', by, seq: generation.seq, patch, note: error.message });
      return failed(error.message);
    }
    case 'hold': {
      const scope = error.pauses === 'provider' ? `provider:${account}:${provider}` : `account:${account}`;
      await pause(context.store, scope, { reason: error.message, kind: error.kind, polls: OUTCOME[error.kind].poll === 'hold' });
      context.log.error({ ...facts, account, reason: error.message }, 'paused: generations stay queued; `dailies resume` ends it');
      return putBack(context, generation, by, error.message);
    }
    case 'wait': {
      const inMs = await coolDown(context.store, account, COOL_DOWN[error.kind in COOL_DOWN ? (error.kind as keyof typeof COOL_DOWN) : 'rate'], error.retryAfterMs);
      context.log.info({ ...facts, account, reason: error.message, inMs }, 'not accepted: waits');
      return putBack(context, generation, by, error.message);
    }
    case 'ambiguous': {
      await coolDown(context.store, account, COOL_DOWN.unavailable, error.retryAfterMs);
      await markAmbiguous(context, generation, by, {
        sentAt,
        endSeen: error.endSeen,
        why: error.message,
        ...(error.requestId === undefined ? {} : { requestId: error.requestId }),
      });
      return failed(`nobody knows whether it was accepted: ${error.message}`);
    }
  }
}

/** The first wait after a refusal that ends by itself, and the longest. The wave that was under way is one strike. */
const COOL_DOWN: Record<'rate' | 'slots' | 'unavailable' | 'aborted', { firstMs: number; maxMs: number }> = {
  rate: { firstMs: 2_000, maxMs: 60_000 },
  slots: { firstMs: 2_000, maxMs: 30_000 },
  unavailable: { firstMs: 1_000, maxMs: 60_000 },
  aborted: { firstMs: 1, maxMs: 1 },
};

/** Milliseconds since the start, by whichever clock went further: a suspended machine stops one of them, a correction moves the other. */
function startClock(): () => number {
  const wall = Date.now();
  const monotonic = performance.now();
  return () => Math.max(Date.now() - wall, performance.now() - monotonic);
}

/** The intent must be on every replica that may be promoted before the paid request leaves. */
async function replicated({ config, store }: WorkerContext): Promise<boolean> {
  if (config.redisReplicas === 0) return true;
  return (await store.redis.wait(config.redisReplicas, 1_000)) >= config.redisReplicas;
}

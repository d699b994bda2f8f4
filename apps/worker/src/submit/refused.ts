/**
 * What follows from a paid request that brought no task. Where it is known not to have been accepted, the generation fails or goes back to the queue,
 * and the account may rest or be paused. Where nobody knows, the generation is ambiguous, and is never sent again blindly. Which kind of error means
 * what stands in the table OUTCOME of the providers.
 */
import { OUTCOME, type ProviderError } from '@dailies/providers';
import { about, type GenerationFailure, type Patch, concernsModelAlone, learnAnswered, transition } from '@dailies/queue';
import type { Assignment, WorkerContext } from '../context.ts';
import { pauseFor } from '../steps/pause-for.ts';
import { type StepOutcome, failed } from '../steps/step-outcome.ts';
import { addressedModel } from './addressed-model.ts';
import { markAmbiguous } from './mark-ambiguous.ts';
import { noteDoubt, restAfter } from './rest-after.ts';
import type { Sent } from './sent.ts';

/** Repeatable: `untilTaken` calls it again for as long as Redis refuses its writes. */
export async function refused(context: WorkerContext, sent: Sent, error: ProviderError): Promise<StepOutcome> {
  const { generation, intentAt } = sent;
  const { account } = generation;
  const { kind, message, code } = error;
  const facts = { ...about(generation), kind, code, status: error.status, requestId: error.requestId, reason: message };
  context.at('submit:refused', generation.id);
  switch (OUTCOME[kind].submit) {
    case 'fail': {
      await learnAnswered(context.store, account, intentAt);
      context.log.warn(facts, 'refused');
      return fail(context, sent, { kind, message, ...(code === undefined ? {} : { code }), retryable: false });
    }
    case 'hold': {
      await learnAnswered(context.store, account, intentAt);
      const delisted = await delistedModel(context, sent, error);
      if (delisted !== null) {
        context.log.warn({ ...facts, model: delisted }, 'refused: this model is not to be had here, others are');
        return fail(context, sent, withoutModel(delisted, error));
      }
      await pauseFor(context.store, generation, error);
      context.log.error({ ...facts, account }, 'paused: generations stay queued; `dailies resume` ends it');
      return sent.putBack(message);
    }
    case 'wait': {
      const inMs = await restAfter(context, sent, error);
      context.log.info({ ...facts, account, inMs }, 'not accepted: waits');
      return sent.putBack(message);
    }
    case 'ambiguous': {
      // A refusal of its id is an answer: a file of ids that were used before must not open the breaker, and hold up everything else.
      await (error.idUsed ? learnAnswered(context.store, account, intentAt) : noteDoubt(context, sent));
      await markAmbiguous(context, generation, sent.by, {
        sentAt: sent.sentAt,
        endSeen: error.endSeen,
        ...(error.endSeen ? { endAt: Date.now() } : {}),
        why: message,
        ...(error.idUsed ? { refusedAs: 'id-used' as const } : {}),
        ...(error.requestId === undefined ? {} : { requestId: error.requestId }),
      });
      return failed(`nobody knows whether it was accepted: ${message}`);
    }
  }
}

/**
 * The model, where this refusal concerns that model and no other; null: it concerns all of them. Only the upstream's own words can concern one model:
 * the error page of a proxy, a redirect, or a gateway that has no route concerns all.
 */
async function delistedModel({ store }: WorkerContext, { upstream, generation }: Assignment, error: ProviderError): Promise<string | null> {
  const asked = addressedModel(upstream, generation);
  if (asked === null || !error.namesModel) return null;
  return (await concernsModelAlone(store, generation.account, asked)) ? asked.model : null;
}

function withoutModel(model: string, { message, code }: ProviderError): GenerationFailure {
  const remedy = `The account has taken other models there, and never ${model}: have it enabled and retry this one, or ask for another model.`;
  return { kind: 'delisted', message: `${message.replace(/\.?$/, '.')} ${remedy}`, ...(code === undefined ? {} : { code }), retryable: true };
}

async function fail({ store }: WorkerContext, { generation, by, putBack }: Sent, failure: GenerationFailure): Promise<StepOutcome> {
  const patch: Patch = { failure, finishedAt: Date.now() };
  const result = await transition(store, generation, { from: ['submitting'], to: 'failed', by, seq: generation.seq, patch, note: failure.message });
  // Another worker has called this submit ambiguous meanwhile. We know that it was not accepted: back to the queue.
  return result.outcome === 'lost' ? putBack(failure.message) : failed(failure.message);
}

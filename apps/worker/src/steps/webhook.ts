/**
 * The webhook step: one try to tell one endpoint of one event. Failing costs nothing but another try; the generation is never touched by it.
 * The record of a delivery is written after the answer: a crash in between tells the same event once more, under the same id.
 */
import type { Agent } from 'undici';
import {
  type EventEnd,
  type Secret,
  type WebhookEvent,
  endEvent,
  endpointId,
  isDisabled,
  linkWithoutQuery,
  logDelivery,
  noteFailure,
  noteSuccess,
  noteTry,
  readEvent,
} from '@dailies/queue';
import type { Delivery, WorkerContext } from '../context.ts';
import { type DeliveryRules, nextTry } from '../webhook/delivery-rules.ts';
import type { EndpointShare } from '../webhook/endpoint-share.ts';
import { type Attempt, postEvent } from '../webhook/post-event.ts';
import { type StepOutcome, done, failed, wait } from './step-outcome.ts';

export interface Postman {
  agent: Agent;
  secret: Secret;
  shares: EndpointShare;
  rules: DeliveryRules;
}

const GONE_MS = 30 * 24 * 3_600_000;

export async function webhookStep(context: WorkerContext, postman: Postman, delivery: Delivery): Promise<StepOutcome> {
  const { config, store } = context;
  const event = await readEvent(store, delivery.id);
  if (event === null || event.seq !== delivery.seq || event.state !== 'pending') return done('stale');
  const isGone = (await store.redis.exists(store.keys.endpointGone(endpointId(event.url), event.subject))) === 1;
  if (isGone) return notSent(context, event, 'unwanted', 'its endpoint answered 410 before');
  const disabled = await isDisabled(store, event.url);
  if (disabled !== null) return notSent(context, event, 'given up', `its endpoint is disabled: ${disabled}`);
  const waitMs = postman.shares.enter(event.url);
  if (waitMs > 0) return wait(waitMs, 'its endpoint has half of the deliveries');
  try {
    const { rules, agent, secret } = postman;
    const { allowPrivateAddresses } = config;
    const attempt = await postEvent(event, { ...rules, agent, secret, allowPrivateAddresses, stopping: context.stopping });
    context.at('webhook:answered', event.subject.slice(2));
    return await follow(context, rules, { event, attempt, by: delivery.token });
  } finally {
    postman.shares.leave(event.url);
  }
}

/** A try to tell an endpoint of an event. `by`: unique for the try, so that a failure counts once. */
interface Try {
  event: WebhookEvent;
  attempt: Attempt;
  by: string;
}

async function follow(context: WorkerContext, rules: DeliveryRules, { event, attempt, by }: Try): Promise<StepOutcome> {
  const { store, log } = context;
  const facts = { event: event.id, type: event.type, subject: event.subject.slice(2), to: linkWithoutQuery(event.url), status: attempt.status, ms: attempt.ms };
  switch (attempt.outcome) {
    case 'stopped':
      return wait(0, attempt.why);
    case 'delivered':
      await endEvent(store, event, 'delivered');
      await noteSuccess(store, event.url);
      await write(context, event, attempt, 'delivered');
      log.debug(facts, 'webhook delivered');
      return done(attempt.why);
    case 'gone':
      await store.redis.set(store.keys.endpointGone(endpointId(event.url), event.subject), '1', 'PX', GONE_MS);
      await endEvent(store, event, 'unwanted');
      await write(context, event, attempt, 'gone');
      log.info(facts, 'webhook ended by its receiver (410)');
      return failed(attempt.why);
    case 'refused':
    case 'failed': {
      const tries = event.tries + 1;
      // Its endpoint may have been forgotten meanwhile, or enabled: this failure must not put it into the list again.
      if (!(await noteTry(store, event))) return done('stale');
      const disabled = await noteFailure(store, event.url, { why: attempt.why, by }, rules.disable);
      if (disabled) log.error({ ...facts, reason: attempt.why }, 'webhook endpoint disabled: `dailies webhooks --enable` sends what it has missed');
      const ms = disabled ? null : nextTry(rules, tries, attempt.askedMs);
      await write(context, event, attempt, ms === null ? 'ended' : 'failed');
      if (ms === null) {
        await endEvent(store, event, 'given up');
        log.warn({ ...facts, reason: attempt.why, tries }, 'webhook given up');
        return failed(`given up after ${tries} ${tries === 1 ? 'try' : 'tries'}: ${attempt.why}`);
      }
      log.info({ ...facts, reason: attempt.why, tries, inMs: ms }, 'webhook not delivered: tries again');
      return wait(ms, attempt.why);
    }
  }
}

async function notSent(context: WorkerContext, event: WebhookEvent, end: EventEnd, why: string): Promise<StepOutcome> {
  await endEvent(context.store, event, end);
  await write(context, event, { outcome: 'failed', ms: 0, why }, 'ended');
  return failed(`not sent: ${why}`);
}

type Written = 'delivered' | 'failed' | 'gone' | 'ended';

async function write({ store, meter }: WorkerContext, event: WebhookEvent, attempt: Attempt, outcome: Written): Promise<void> {
  meter.count('dailies_webhook_deliveries_total', { outcome });
  await logDelivery(store, event.subject, {
    at: Date.now(),
    event: event.type,
    id: event.id,
    to: linkWithoutQuery(event.url),
    outcome,
    ...(attempt.status === undefined ? {} : { status: attempt.status }),
    ms: attempt.ms,
    ...(outcome === 'delivered' ? {} : { note: attempt.why }),
  });
}

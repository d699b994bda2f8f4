/**
 * The submit step: `submitting` on disk → one POST → `rendering{task}` on disk → poll job, in this order, each hand-over repeatable.
 *
 * It must never send twice: it sends only what it moved from queued to submitting itself, and only within SEND_WITHIN_MS of having
 * decided to. A generation found in `submitting` is not its business; the watch over intents judges it.
 */
import { ProviderError } from '@dailies/providers';
import { about, type Generation, type TransitionResult, callbackUrl, hasMoved, loadImage, readForWork, sentWithOf, shardOf, transition } from '@dailies/queue';
import { type Assignment, type WorkerContext, access } from '../context.ts';
import { type AcceptedAnswer, type AcceptedAnswers, recordAccepted } from '../submit/accepted-answer.ts';
import { cancelUnpaid } from '../submit/cancel-wish.ts';
import { keyMarkOf, nonceOf } from '../submit/nonce.ts';
import { putBack } from '../submit/put-back.ts';
import { refused } from '../submit/refused.ts';
import { SEND_WITHIN_MS, startSending } from '../submit/send-within.ts';
import type { Sent } from '../submit/sent.ts';
import type { Admission } from '../submit/under-way.ts';
import { untilTaken } from '../submit/until-taken.ts';
import { upstreamOf } from './upstream-of.ts';
import { stale } from './stale.ts';
import { type StepOutcome, back, done } from './step-outcome.ts';

/** How long the owner of an intent has, after the time-out of its request, to write down the outcome. Only then may another worker judge the intent. */
const WRITTEN_DOWN_MS = 1_000;

export async function submitStep(context: WorkerContext, answers: AcceptedAnswers, delivery: Admission): Promise<StepOutcome> {
  context.at('submit:fetched', delivery.id);
  const generation = await readForWork(context.store, delivery.id);
  if (generation === null || generation.seq !== delivery.seq || generation.state !== 'queued') return stale(context, generation, delivery);
  const upstream = await upstreamOf(context, generation);
  if (upstream === null) return done('held for a worker of its account');

  const by = `${generation.round}.${delivery.token}`;
  if (generation.cancelRequested === true) return cancelUnpaid(context, generation, by);
  const isInTime = startSending();
  const clientId = `${generation.id}.${generation.round}`;
  const intent = { clientId, nonce: nonceOf(upstream.account, clientId) };
  const intentWritten = writeIntent(context, { upstream, generation, by }, delivery.reservation, intent);
  // The write has been sent: whatever is asked of Redis over this connection from here on comes after it, the next submit too.
  delivery.admitted();
  const result = await intentWritten;
  if (result.outcome === 'refused') return notAdmitted(context, generation, result.reason);
  if (!hasMoved(result)) return done('stale');
  delivery.used();

  const submitting = { ...generation, ...intent, seq: result.seq, state: 'submitting' as const };
  const putItBack = (why: string): Promise<StepOutcome> => {
    delivery.returns();
    return putBack(context, submitting, by, why);
  };
  const shard = shardOf(context.store, generation.account);
  const kept = await context.replicas.has(shard, { key: shard.keys.generation(generation.id), field: 'lastBy', is: by });
  // A fail-over has lost the intent, and the ledger calls the generation queued again: its next delivery submits it.
  if (kept === 'missing') return done('the ledger does not have the intent any more');
  if (kept === 'few') return putItBack('too few replicas have acknowledged the intent');
  context.sawIntent(result.event);
  context.at('submit:intent-written', generation.id);
  const sent: Sent = { upstream, generation: submitting, by, sentAt: Date.now(), intentAt: result.at, putBack: putItBack };
  try {
    return await recordAccepted(context, answers, await send(context, sent, { ...intent, isInTime }), delivery.answered);
  } catch (error) {
    if (!(error instanceof ProviderError)) throw error;
    return untilTaken(context, { ...about(submitting), kind: error.kind }, () => refused(context, sent, error));
  }
}

type Intent = Required<Pick<Generation, 'clientId' | 'nonce'>>;

/** The paid request: at most one. Answers what the upstream has accepted; throws a ProviderError where it brought no task. */
async function send(context: WorkerContext, sent: Sent, { isInTime, ...intent }: Intent & { isInTime: () => boolean }): Promise<AcceptedAnswer> {
  const { upstream, generation, by, intentAt } = sent;
  const answer = await upstream.provider.submit(generation.request, {
    access: access(upstream),
    http: context.http,
    signal: context.stopping,
    ...intent,
    maySend: () => {
      context.at('submit:sending', generation.id);
      return isInTime() && !context.stopping.aborted;
    },
    callbackUrl: callbackUrl(context.config.publicUrl, generation, intent.nonce),
    inertCallback: upstream.account.inertCallback,
    loadImage: (reference) => loadImage(context.store, reference),
  });
  const taskKey = upstream.provider.taskKey(answer.task);
  context.at('submit:answered', generation.id);
  // Logged before it is written to the ledger: should Redis be away just now, this line may be all that a person has.
  context.log.info({ ...about(generation), round: generation.round, task: taskKey }, 'accepted');
  return { upstream, generation, by, taskKey, intentAt, answeredAt: Date.now(), ...answer };
}

/** Writes `submitting`; in the same step the reservation becomes the slot. It must send its command before it awaits anything: the order rests on that. */
function writeIntent(context: WorkerContext, { upstream, generation, by }: Assignment, reservation: string, intent: Intent): Promise<TransitionResult> {
  return transition(context.store, generation, {
    from: ['queued'],
    to: 'submitting',
    by,
    seq: generation.seq,
    patch: {
      ...intent,
      sentWith: sentWithOf(intent.nonce, keyMarkOf(upstream.account)),
      endpointPath: upstream.account.endpointPath,
      sendBy: Date.now() + SEND_WITHIN_MS,
    },
    admission: {
      reservation,
      limit: upstream.account.maxInFlight,
      limitOfProvider: upstream.settings.maxInFlight,
      judgeAfterMs: SEND_WITHIN_MS + context.config.upstreamTimeoutMs + WRITTEN_DOWN_MS,
    },
  });
}

type WhyNot = Extract<TransitionResult, { outcome: 'refused' }>['reason'];

async function notAdmitted({ store }: WorkerContext, { id, account }: Generation, why: WhyNot): Promise<StepOutcome> {
  switch (why) {
    case 'offered': {
      // The watch over offers asks the upstream about that task first. If it is not this generation's, the watch lets it go on.
      const shard = shardOf(store, account);
      await shard.redis.sadd(shard.keys.offered, id);
      return done('not submitted: a callback has named a task of it, which is asked about first');
    }
    case 'unattended':
    case 'held':
      return done(`not submitted: ${why}`);
    case 'paused':
    case 'full':
      return back(why);
  }
}

/**
 * Settles an ambiguous submit by looking it up: found → adopted; proved absent → queued again, same round, same client id; neither →
 * `unresolved`, a person decides. It never guesses: absence is believed only after a seen end or a long silence, from a look-up known to
 * work (the provider's `find` says `absent` for nothing less).
 */
import { type Found, ProviderError } from '@dailies/providers';
import { about, type Generation, type Patch, callbackUrl, handOver, handOverAsItIs, learn, learnLookup, lookupsOf, note, readGenerations, restedFor, transition } from '@dailies/queue';
import { type Assignment, type Desk, type WorkerContext, access } from '../context.ts';
import { nonceOf } from '../submit/nonce.ts';
import { cancelAccepted, cancelUnpaid } from '../submit/cancel-wish.ts';
import { judgeAbsence } from '../settle/absence.ts';
import { promoteHinted } from '../poll/hint.ts';
import { isOpen, offeredTask } from '../settle/offered-task.ts';
import { SEND_WITHIN_MS } from '../submit/send-within.ts';
import { type StepOutcome, done, failed, wait } from './step-outcome.ts';

/** In settings of `settleSilentMs`: an hour and a half with the default. */
const LOOKED_IN_VAIN = 30;
/** So much older than the submit, by each side's own clock, and it was not made by it. */
const OLDER_MS = 120_000;
/** What `generationId` makes. */
const DRAWN_ID = /^g[a-z2-7]{20}$/;

export async function settleStep(context: WorkerContext, { desk, generation, by }: Assignment): Promise<StepOutcome> {
  const { provider } = desk;
  const { ambiguity, clientId = `${generation.id}.${generation.round}`, nonce = nonceOf(desk.account, clientId) } = generation;
  const sentAt = ambiguity?.sentAt ?? generation.createdAt;
  if (provider.find === undefined) return unresolved(context, generation, by, 'this upstream has no way to look a task up');

  // After a restored backup nobody knows when it was sent, or whether at all: the clock runs from the moment that was said.
  const until = ambiguity?.until;
  const from = until ?? sentAt;
  const age = until === undefined ? await ageOf(context, generation, sentAt) : Date.now() - until;
  // Our own time-out is an end seen late: what the network holds may arrive after it.
  const endAt = ambiguity?.endSeen === true && until === undefined ? (ambiguity.endAt ?? sentAt) : null;
  const looks = looksAt(context, endAt === null ? null : endAt - from);

  // The last look asks about what was named itself, however many looks callbacks have brought on before.
  const offered = await offeredTask(context, desk, generation, age >= Math.max(...looks));
  const isOfferOpen = isOpen(offered);
  // Each callback brings on a look here, and anybody can call.
  if (isOfferOpen) await note(context.store, generation, { quick: (generation.quick ?? 0) + 1 });
  else if (offered !== null) return adopt(context, desk, generation, by, offered, sentAt, 'by callback');

  if (age < (looks[0] ?? 0)) return wait((looks[0] ?? 0) - age, 'the first look-up');
  let seen: Awaited<ReturnType<typeof provider.find>> | 'failed';
  try {
    const known = await lookupsOf(context.store, generation.account, lookupOf(desk, generation));
    const { inertCallback } = desk.account;
    const ours = callbackUrl(context.config.publicUrl, generation, nonce);
    seen = await provider.find(generation.request, { access: access(desk, generation.endpointPath), http: context.http, signal: context.stopping, clientId, nonce, sentAt, sentUntil: until, known, inertCallback, callbackUrl: ours });
  } catch (error) {
    if (!(error instanceof ProviderError)) throw error;
    if (context.stopping.aborted) return wait(0, 'the worker stops');
    context.log.info({ ...about(generation), kind: error.kind, reason: error.message }, 'the look-up failed');
    seen = 'failed';
  }
  context.at('settle:looked', generation.id);
  if (typeof seen === 'object' && (await isOfAnotherLedger(context, generation, seen))) {
    const task = provider.taskKey(seen.task);
    return unresolved(context, generation, by, `an older task ${task} has its name ${clientId} there, from another ledger of this account, perhaps for another prompt: give it another id, or take that one with --task`);
  }
  if (typeof seen === 'object' && (seen.by !== 'request' || !(await siblingSubmitting(context, generation)))) {
    return adopt(context, desk, generation, by, seen, sentAt);
  }
  const next = looks.find((look) => look > age) ?? (seen === 'failed' ? lookAgain(context, age) : undefined);
  const believable = endAt === null ? SEND_WITHIN_MS + context.config.settleSilentMs : endAt - from + context.config.settleAfterMs;
  if (seen === 'absent' && age >= believable && desk.settings.resubmitAbsent) {
    const verdict = await judgeAbsence(context, desk, generation, { clientId, nonce, sentAt, endSeen: endAt !== null, isOfferOpen });
    if (verdict.kind === 'too-early') return wait(verdict.ms, verdict.why);
    // Nobody is asked while a look is still to come.
    if (verdict.kind === 'offered' && next !== undefined) return wait(next - age, verdict.why);
    return verdict.kind === 'believed' ? requeue(context, generation, by) : unresolved(context, generation, by, verdict.why);
  }
  if (next === undefined) return unresolved(context, generation, by, seen === 'absent' ? 'not found, and not to be sent again by itself' : 'looked for three times; nobody knows');
  return wait(next - age, `looked: ${typeof seen === 'object' ? 'a sibling may own it' : seen}`);
}

/** Milliseconds since it was sent. By the clock of Redis where that of who sent it is ahead of ours: it would be waited for as long as they are apart. */
async function ageOf({ store }: WorkerContext, generation: Generation, sentAt: number): Promise<number> {
  const age = Date.now() - sentAt;
  return age >= 0 ? age : ((await restedFor(store, generation)).sinceIntentMs ?? age);
}

/** Milliseconds after the intent: 15, 45 and 180 s with the default settings. Later, where the end came late or its owner may have sent late. */
function looksAt({ config }: WorkerContext, endAfterMs: number | null): number[] {
  const second = Math.max(config.settleAfterMs * 1.5, config.settleAfterMs + (endAfterMs ?? 0));
  const last = config.settleSilentMs + (endAfterMs === null ? SEND_WITHIN_MS : 0);
  return [config.settleAfterMs / 2, second, last].toSorted((a, b) => a - b);
}

/** A look-up that got no answer is no look: an outage must not make questions. Bounded, so that a broken look-up reaches a person. */
function lookAgain({ config }: WorkerContext, age: number): number | undefined {
  const next = age + config.settleSilentMs / 3;
  return next < LOOKED_IN_VAIN * config.settleSilentMs ? next : undefined;
}

export async function adopt(context: WorkerContext, desk: Desk, generation: Generation, by: string, found: { task: NonNullable<Generation['task']>; by: string }, sentAt: number, how: 'by look-up' | 'by callback' = 'by look-up'): Promise<StepOutcome> {
  const { store, queues, log } = context;
  const taskKey = desk.provider.taskKey(found.task);
  const { pace } = desk.settings;
  const patch: Patch = { submittedAt: sentAt, deadlineAt: Date.now() + pace.deadlineMs, bill: context.prices.bill(generation, 'acceptance') };
  // Its submit counted for none when it was put back.
  if (generation.state === 'queued') patch.attempts = generation.attempts + 1;
  const note = `found at the upstream by its ${found.by}: paid once`;
  const learned = await learn(store, generation, { round: generation.round, task: found.task, taskKey, by, patch, note, slotUntil: Date.now() + pace.deadlineMs });
  if (learned.outcome === 'stray') return unresolved(context, generation, by, 'what was found belongs to another generation');
  context.at('settle:adopted', generation.id);
  // A callback's word proves nothing of the look-up, on which "absent" rests.
  if (how === 'by look-up' && found.by !== 'request') await learnLookup(store, generation.account, lookupOf(desk, generation), 'foundBefore');
  if (how === 'by look-up' && found.by === 'nonce') await learnLookup(store, generation.account, lookupOf(desk, generation), 'nonceSeen');
  if (learned.outcome === 'adopted') {
    await handOver(store, queues, [{ ...generation, task: found.task, state: 'rendering', seq: learned.seq }], pace.firstPollMs);
    await promoteHinted(context, generation, learned.seq);
    await cancelAccepted(context, generation, by, learned.seq);
  }
  log.info({ ...about(generation), task: taskKey, by: found.by }, 'settled: found');
  return done(note);
}

/**
 * An id that a person chose may have named another prompt in another ledger, or in one that was deleted. The upstream then refuses ours for that
 * task, and finds that one: its video would be taken for this one's. An id that was drawn from the prompt can only be of the same one.
 */
async function isOfAnotherLedger({ store }: WorkerContext, generation: Generation, { ageMs }: Found): Promise<boolean> {
  const { id, absences = 0, restored, ambiguity } = generation;
  // Sent before in this round, or at a time that nobody knows.
  if (ageMs === undefined || DRAWN_ID.test(id) || absences > 0 || restored === true || ambiguity?.until !== undefined) return false;
  const { sinceIntentMs } = await restedFor(store, generation);
  return sinceIntentMs !== null && ageMs > sinceIntentMs + OLDER_MS;
}

function lookupOf({ provider }: Desk, { request }: Generation): string {
  return provider.lookupOf?.(request) ?? provider.name;
}

/** What a callback names from here on is asked about, however many looks were used up: sent again it would be paid for twice. */
async function requeue(context: WorkerContext, generation: Generation, by: string): Promise<StepOutcome> {
  const { store, queues, log } = context;
  const patch = { attempts: Math.max(0, generation.attempts - 1), absences: (generation.absences ?? 0) + 1, absentUntil: generation.ambiguity?.until ?? null, ambiguity: null, quick: null };
  const note = 'looked up: it was never accepted; sent again';
  // Not in its old place: one that the upstream breaks on each time would come before everybody else, and be all that an open breaker lets through.
  // What a restored backup calls queued has been proved to be so: thousands of them keep the order of their batch.
  const again = generation.ambiguity?.until === undefined;
  const result = await transition(store, generation, { from: ['ambiguous'], to: 'queued', by, seq: generation.seq, patch, note, again });
  if (result.outcome !== 'won' && result.outcome !== 'mine') return done('stale');
  context.at('settle:requeued', generation.id);
  if (generation.cancelRequested === true) return cancelUnpaid(context, { ...generation, seq: result.seq }, by, 'queued');
  await handOverAsItIs({ store, queues }, generation.id);
  log.info({ ...about(generation) }, 'settled: absent');
  return done(note);
}

async function unresolved(context: WorkerContext, generation: Generation, by: string, why: string): Promise<StepOutcome> {
  // The upstream may not have answered for the task that a callback named, or has named during this look: the watch over offers goes on asking, for a
  // day. Told first: should we stop in between, nobody else would tell it.
  await context.store.redis.sadd(context.store.keys.offered, generation.id);
  await transition(context.store, generation, { from: ['ambiguous'], to: 'unresolved', by, seq: generation.seq, patch: { quick: null }, note: `${why}: a person decides (\`dailies resolve\`)` });
  context.log.error({ ...about(generation), clientId: generation.clientId, ...generation.ambiguity }, 'unresolved: nobody knows whether this submit was accepted');
  return failed(`nobody knows whether it was accepted: ${generation.ambiguity?.why ?? why}`);
}

/** A match by the request alone may be the task of a sibling whose answer is still on its way. */
async function siblingSubmitting({ store }: WorkerContext, generation: Generation): Promise<boolean> {
  const request = JSON.stringify(generation.request);
  const ids = (await store.redis.zrange(store.keys.slots(generation.account), '0', '-1')).filter((id) => id !== generation.id);
  const siblings = await readGenerations(store, ids);
  return siblings.some((one) => one !== null && one.task === undefined && JSON.stringify(one.request) === request);
}

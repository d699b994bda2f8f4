/**
 * Settles an ambiguous submit by looking it up: found → adopted; proved absent → queued again, same round, same client id; refused
 * for an id that another ledger has used → failed; none of these → `unresolved`, a person decides. It never guesses: absence is believed only
 * after a seen end or a long silence, from a look-up known to work (the provider's `find` says `absent` for nothing less). The parts of it
 * stand in `settle/`.
 */
import { note } from '@dailies/queue';
import type { Assignment, WorkerContext } from '../context.ts';
import { judgeAbsence } from '../settle/absence.ts';
import { adopt } from '../settle/adopt.ts';
import { settleByManifest } from '../settle/by-manifest.ts';
import { lookAgain } from '../settle/look-again.ts';
import { lookTimes } from '../settle/look-times.ts';
import { isUnanswered, type SentSubmit, lookUp } from '../settle/look-up.ts';
import { markUnresolved } from '../settle/mark-unresolved.ts';
import { isOpen, offeredTask } from '../settle/offered-task.ts';
import { refusedForItsId } from '../settle/refused-for-its-id.ts';
import { sendAgain } from '../settle/send-again.ts';
import { whoseTask } from '../settle/whose-task.ts';
import { nonceOf } from '../submit/nonce.ts';
import { type StepOutcome, wait } from './step-outcome.ts';

const NOBODY_KNOWS = 'looked for several times; nobody knows';

export async function settleStep(context: WorkerContext, assignment: Assignment): Promise<StepOutcome> {
  const { upstream, generation } = assignment;
  const { provider } = upstream;
  const sent = sentSubmit(assignment);
  const { sentAt } = sent;
  // No person is asked what the manifest of its folder tells.
  const byManifest = (): Promise<StepOutcome | null> => settleByManifest(context, assignment, sentAt);
  const unresolved = async (why: string): Promise<StepOutcome> => (await byManifest()) ?? markUnresolved(context, assignment, why);
  if (provider.find === undefined) return unresolved('this upstream has no way to look a task up');
  const times = await lookTimes(context, generation, sentAt);

  // The last look asks the upstream about a task that a callback has named, however often callbacks have brought on such a question before.
  const offered = await offeredTask(context, upstream, generation, times.untilNext === undefined);
  const isOfferOpen = isOpen(offered);
  // Counted, since each callback brings on a look here, and whoever knows the address can call as often as he likes.
  if (isOfferOpen) await note(context.store, generation, { quick: (generation.quick ?? 0) + 1 });
  else if (offered !== null) return adopt(context, assignment, { found: offered, sentAt, namedBy: 'callback' });

  if (times.untilFirst > 0) return wait(times.untilFirst, 'the first look-up');
  const seen = await lookUp(context, assignment, sent);
  context.at('settle:looked', generation.id);
  if (isUnanswered(seen)) return (await lookAgain(context, assignment, seen, times)) ?? unresolved(NOBODY_KNOWS);
  if (typeof seen === 'object') {
    const whose = await whoseTask(context, generation, seen);
    const task = provider.taskKey(seen.task);
    if (whose === 'another refused ours' && !isOfferOpen) return refusedForItsId(context, assignment, task, sent.clientId);
    if (whose === 'another ledger' || whose === 'another refused ours') return unresolved(olderTask(task, sent.clientId));
    if (whose === 'ours') return adopt(context, assignment, { found: seen, sentAt, namedBy: 'look-up' });
  }
  const { untilNext } = times;
  if (seen === 'absent' && times.isLongAgo && upstream.settings.resubmitAbsent) {
    const verdict = await judgeAbsence(context, upstream, generation, { ...sent, endSeen: times.isEndSeen, isOfferOpen });
    if (verdict.kind === 'too-early') return wait(verdict.ms, verdict.why);
    if (verdict.kind === 'unanswered') return (await lookAgain(context, assignment, verdict.how, times)) ?? unresolved(verdict.why);
    // No person is asked while a look is still to come.
    if (verdict.kind === 'contradicted' && untilNext !== undefined) return wait(untilNext, verdict.why);
    if (verdict.kind !== 'believed') return unresolved(verdict.why);
    return (await byManifest()) ?? sendAgain(context, assignment);
  }
  if (untilNext !== undefined) return wait(untilNext, `looked: ${typeof seen === 'object' ? 'a sibling may own it' : seen}`);
  const why = seen === 'absent' ? 'not found, and not to be sent again by itself' : NOBODY_KNOWS;
  return unresolved(why);
}

/** A generation that a restored backup calls queued has no nonce on record. It is computed again: if it was submitted, it was with this nonce. */
function sentSubmit({ upstream, generation }: Assignment): SentSubmit {
  const { ambiguity, createdAt, clientId = `${generation.id}.${generation.round}` } = generation;
  return { clientId, nonce: generation.nonce ?? nonceOf(upstream.account, clientId), sentAt: ambiguity?.sentAt ?? createdAt };
}

function olderTask(task: string, clientId: string): string {
  const whose = `an older task ${task} has its name ${clientId} there, from another ledger of this account, perhaps for another prompt`;
  return `${whose}: give it another id, or take that task`;
}

/**
 * A submit that the upstream has refused since another ledger of the account has used its id: it has failed, and nothing was paid. The older task
 * stays named: it may be of the same prompt, paid for by a ledger that is lost. So it is not sent again by itself under another name.
 */
import { about, hasMoved, ID_USED, type Patch, transition } from '@dailies/queue';
import type { Assignment, WorkerContext } from '../context.ts';
import { type StepOutcome, done, failed } from '../steps/step-outcome.ts';

/** `older`: the task key of the older task. */
export async function refusedForItsId({ store, log }: WorkerContext, { generation, by }: Assignment, older: string, clientId: string): Promise<StepOutcome> {
  const { attempts, seq } = generation;
  const message = messageFor(older, clientId);
  const failure = { kind: ID_USED, message, retryable: true };
  const patch: Patch = { failure, finishedAt: Date.now(), attempts: Math.max(0, attempts - 1), ambiguity: null, cancelRequested: null, quick: null };
  const result = await transition(store, generation, { from: ['ambiguous'], to: 'failed', by, seq, patch, note: message });
  if (!hasMoved(result)) return done('stale');
  log.warn({ ...about(generation), clientId, task: older }, 'refused: its id names an older task');
  return failed(message);
}

/** In words that hold for the command line and for the API. */
function messageFor(older: string, clientId: string): string {
  const why = `refused, nothing was paid: an older task ${older} has its name ${clientId} there, from another ledger of this account`;
  return `${why}. A retry submits this one under another name. If the older task is of the same prompt, resolve this one with it instead: its video is fetched`;
}

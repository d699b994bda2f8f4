/**
 * What no look-up tells of a submit that a restored backup has put in doubt, the manifest of its folder may: in the lost time it had a task there, or a person
 * sent it again in a later round. The row must be of this very generation. One of another ledger has another time of creation, or is of another request: its
 * task is another prompt's video.
 */
import { about } from '@dailies/queue';
import { type Found, ProviderError } from '@dailies/providers';
import { StoreError } from '@dailies/results';
import type { Assignment, WorkerContext } from '../context.ts';
import { type RememberedRow, rememberedRow } from '../folder/remembered-row.ts';
import { slowPoll } from '../poll/slow-poll.ts';
import { type StepOutcome, wait } from '../steps/step-outcome.ts';
import { adopt } from './adopt.ts';
import { markUnresolved } from './mark-unresolved.ts';

/** Null: the manifest knows nothing that helps. `sentAt`: as in a finding. */
export async function settleByManifest(context: WorkerContext, assignment: Assignment, sentAt: number): Promise<StepOutcome | null> {
  const { upstream, generation } = assignment;
  try {
    const row = await rememberedRow(context, generation);
    if (row === undefined || row.createdAt !== new Date(generation.createdAt).toISOString() || row.fingerprint !== generation.fingerprint) return null;
    const { round = 1 } = row;
    // Its later submit went out under a name that this ledger does not know, so no look-up of ours has asked about it.
    const later = `the manifest tells of round ${round}${taskWords(row)}, sent in the lost time`;
    if (round > generation.round) return await markUnresolved(context, assignment, later);
    const task = round === generation.round ? taskIn(row, assignment) : null;
    return task === null ? null : await adopt(context, assignment, { found: { task, by: 'row' }, sentAt, namedBy: 'manifest' });
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    // Its place is away: without a look into it, a person would be asked what the manifest tells.
    context.log.warn({ ...about(generation), reason: error.message }, 'in doubt until its folder was looked at, which may tell its task');
    return wait(slowPoll(upstream.settings.pace), error.message);
  }
}

function taskWords({ task }: RememberedRow): string {
  return task === undefined ? '' : ` with the task ${task}`;
}

function taskIn({ task }: RememberedRow, { upstream, generation }: Assignment): Found['task'] | null {
  if (task === undefined) return null;
  try {
    return upstream.provider.taskFrom(task, generation.request, generation.endpointPath);
  } catch (error) {
    if (!(error instanceof ProviderError)) throw error;
    return null;
  }
}

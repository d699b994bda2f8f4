/**
 * What no look-up tells of a submit that a restored backup has put in doubt, the manifest of its folder may: in the lost time it had a task there. The row
 * must be of this very generation. One of another ledger has another time of creation, or is of another request: its task is another prompt's video.
 */
import { about } from '@dailies/queue';
import { type Found, ProviderError } from '@dailies/providers';
import { StoreError } from '@dailies/results';
import type { Assignment, WorkerContext } from '../context.ts';
import { rememberedRow } from '../folder/remembered-row.ts';
import { slowPoll } from '../poll/slow-poll.ts';
import { type StepOutcome, wait } from '../steps/step-outcome.ts';
import { adopt } from './adopt.ts';

/** Null: the manifest knows of no task. `sentAt`: as in a finding. */
export async function adoptRemembered(context: WorkerContext, assignment: Assignment, sentAt: number): Promise<StepOutcome | null> {
  const { upstream, generation } = assignment;
  try {
    const task = await rememberedTask(context, assignment);
    return task === null ? null : await adopt(context, assignment, { found: { task, by: 'row' }, sentAt, namedBy: 'manifest' });
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    // Its place is away: without a look into it, a person would be asked what the manifest tells.
    context.log.warn({ ...about(generation), reason: error.message }, 'in doubt until its folder was looked at, which may tell its task');
    return wait(slowPoll(upstream.settings.pace), error.message);
  }
}

async function rememberedTask(context: WorkerContext, { upstream, generation }: Assignment): Promise<Found['task'] | null> {
  const row = await rememberedRow(context, generation);
  if (row?.task === undefined || row.createdAt !== new Date(generation.createdAt).toISOString() || row.fingerprint !== generation.fingerprint) return null;
  try {
    return upstream.provider.taskFrom(row.task, generation.request, generation.endpointPath);
  } catch (error) {
    if (!(error instanceof ProviderError)) throw error;
    return null;
  }
}

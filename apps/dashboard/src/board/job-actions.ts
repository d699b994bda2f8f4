/**
 * What retry, remove and promote of a job mean to its generation. A job is a schedule and the ledger is the truth, so each of them asks the ledger
 * first, and none of them puts a job back by itself. What is not allowed throws a Refusal that says why.
 */
import {
  cancelGeneration, type Desk, type Generation, isTerminal, jobKind, type JobPayload, planRetry, readGeneration, repair, retryGeneration,
} from '@dailies/queue';
import type { Job } from 'bullmq';
import { type QueueRole, seconds } from './queue-role.ts';
import { Refusal } from './refusal.ts';

/** `one`: a person chose this very job, so the action may pay. `many`: a click on a whole list, which must never pay. */
export type Choice = 'one' | 'many';

export async function retryJob(desk: Desk, job: Job<JobPayload>, choice: Choice): Promise<void> {
  const { id, seq } = job.data;
  const again = `\`dailies retry ${id}${desk.suffix ?? ''}\``;
  if (!(await job.isFailed())) throw new Refusal(`Only failed jobs are retried here. ${again} looks after a finished one.`);
  const generation = await readGeneration(desk.store, id);
  if (generation === null) throw new Refusal(`${id} is not in the ledger: this job is a left-over. Remove it.`);
  const plan = planRetry(generation, desk.suffix);
  if (plan.what === 'person') throw new Refusal(`${id} is unresolved, and a retry could pay twice: ${plan.message}.`);
  if (plan.what === 'verify') throw new Refusal(`${id} has succeeded since. ${again} checks its file.`);
  const isCurrent = generation.seq === seq;
  if (plan.what === 'nothing') {
    // It may have lost this job (a stall, a crash). Then it gets a new one, which submits only what was waiting to be submitted anyway. With a job of an
    // earlier go nothing is known lost: another retry may be about to add the newest one.
    const repaired = isCurrent ? await repair(desk.store, desk.queues, [id]) : 0;
    if (repaired === 0) throw new Refusal(`${id} is ${plan.message}: there is nothing to retry.`);
  } else {
    const outcome = await retryGeneration(desk, id, { mayPay: choice === 'one' && isCurrent, byId: choice === 'one', seq: generation.seq });
    if (!outcome.done) {
      throw new Refusal(isCurrent ? `${id}: ${outcome.message}.` : `This job is of an earlier go of ${id}: retry its newest job, or ${again}.`);
    }
  }
  // The generation goes on in another job. If this one stays, it is a harmless memory.
  await job.remove().catch(() => undefined);
}

export async function removeJob(desk: Desk, job: Job<JobPayload>): Promise<void> {
  const { id, seq } = job.data;
  const generation = await readGeneration(desk.store, id);
  const hasRun = (await job.isCompleted()) || (await job.isFailed());
  if (generation === null || generation.seq !== seq || (hasRun && isHistory(generation, seq))) return job.remove().then(() => undefined);

  const { outcome, message } = await cancelGeneration(desk, id, { seen: generation });
  switch (outcome) {
    case 'canceled':
      // While it renders, the job goes on polling, so that the slot is freed when the upstream has finished.
      await job.log(message).catch(() => undefined);
      return;
    case 'requested':
      throw new Refusal(`${id}: ${message}.`, 'The cancel is noted');
    case 'nothing':
    case 'unknown':
      if (jobKind(generation) !== null) throw new Refusal(`${id} is ${message}. Its job stays until the upstream is through, so that its slot is freed.`);
      await job.remove();
      return;
    default:
      throw new Refusal(`${id} stays: ${message}.`);
  }
}

export async function promoteJob(desk: Desk, role: QueueRole, job: Job<JobPayload>): Promise<void> {
  const generation = await readGeneration(desk.store, job.data.id);
  const why = whyNotPromoted(role, job, generation);
  if (why !== null) throw new Refusal(why);
  if (!(await job.isDelayed())) throw new Refusal(`${job.data.id} is not waiting for a time: it is due, or under way.`);
  await job.promote();
}

/** Null when it may run now. */
function whyNotPromoted({ kind, provider }: QueueRole, job: Job<JobPayload>, generation: Generation | null): string | null {
  const { id, seq } = job.data;
  if (kind === 'submit') return 'Submits go in their turn, one for each free slot: they are not promoted.';
  if (generation === null || generation.seq !== seq) return `This job is of an earlier go of ${id}: it would do nothing.`;
  if (kind === 'download' || provider === null) return null;
  if (generation.submittedAt === undefined) return `${id} is ${generation.state}: its outcome is looked up at fixed times.`;
  const wait = generation.submittedAt + provider.pace.firstPollMs - Date.now();
  if (wait <= 0) return null;
  return (
    `The first look at a task of ${provider.name} comes ${seconds(provider.pace.firstPollMs)} ` +
    `after its submit: ${id} can be promoted in ${seconds(wait)}.`
  );
}

/** Whether a job has run and may be removed: the ledger keeps the record. */
export function isHistory(generation: Generation | null, seq: number): boolean {
  return generation === null || generation.seq !== seq || (isTerminal(generation.state) && jobKind(generation) === null);
}

/**
 * Calls up delayed polls: lets them come before their time, to be asked together with others. It takes one command for each, without reading the job, and
 * does nothing where the job is not delayed any more. The poll step decides by the ledger whether the task may be asked about already.
 */
import { Job } from 'bullmq';
import type { ProviderName } from '@dailies/providers';
import { JOB_NAMES, jobId, pollQueue } from './names.ts';
import type { Queues } from './queues.ts';

/** Answers the polls that were still delayed, and come now. */
export async function callUpPolls<Called extends { id: string; seq: number }>(
  queues: Queues,
  provider: ProviderName,
  polls: readonly Called[],
): Promise<Called[]> {
  const queue = queues.get(pollQueue(provider));
  const came = await Promise.all(polls.map(({ id, seq }) => new Job(queue, JOB_NAMES.poll, {}, {}, jobId(id, seq)).promote().then(() => true, () => false)));
  return polls.filter((_poll, at) => came[at]);
}

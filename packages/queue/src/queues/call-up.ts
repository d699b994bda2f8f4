/**
 * Lets delayed polls come before their time, to be asked about in company. One command each, without reading the job; harmless where it does not
 * wait any more. Whoever is called decides by the ledger whether it may be asked by now.
 */
import { Job } from 'bullmq';
import type { ProviderName } from '@dailies/providers';
import { JOB_NAMES, jobId, pollQueue } from './names.ts';
import type { Queues } from './queues.ts';

/** Answers those that were still waiting, and come now. */
export async function callUpPolls<Called extends { id: string; seq: number }>(
  queues: Queues,
  provider: ProviderName,
  polls: readonly Called[],
): Promise<Called[]> {
  const queue = queues.get(pollQueue(provider));
  const came = await Promise.all(polls.map(({ id, seq }) => new Job(queue, JOB_NAMES.poll, {}, {}, jobId(id, seq)).promote().then(() => true, () => false)));
  return polls.filter((_poll, at) => came[at]);
}

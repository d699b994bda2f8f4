/**
 * Names and payloads on the wire. They outlive the code: never rename one, only add; today's worker runs yesterday's jobs.
 */
import { PROVIDER_NAMES, type ProviderName } from '@dailies/providers';
import { MOST_PLACES } from '../ledger/turns/fair-turns-script.ts';
import { classOf } from '../ledger/turns/places.ts';

export type QueueKind = 'submit' | 'poll' | 'download';

/** Job names: the kind with the version of the payload. */
export const JOB_NAMES = { submit: 'submit.v1', poll: 'poll.v1', download: 'download.v1', webhook: 'webhook.v1' } as const;

export const DOWNLOAD_QUEUE = 'download';

/** The queue whose jobs are of events, not of generations: `id` in their payload is that of an event. */
export const WEBHOOK_QUEUE = 'webhook';

export function submitQueue(provider: ProviderName): string {
  return `${provider}-submit`;
}

export function pollQueue(provider: ProviderName): string {
  return `${provider}-poll`;
}

export const QUEUE_NAMES: readonly string[] = [...PROVIDER_NAMES.flatMap((name) => [submitQueue(name), pollQueue(name)]), DOWNLOAD_QUEUE, WEBHOOK_QUEUE];

export interface JobPayload {
  v: 1;
  /** Generation id; in the webhook queue the id of an event. */
  id: string;
  seq: number;
  /** 80 characters of the prompt, for people. */
  title: string;
}

/** Unique per hand-over: BullMQ silently ignores an id that it still keeps. */
export function jobId(id: string, seq: number): string {
  return `${id}-${seq}`;
}

/** The generation of a job, by the id of the job. */
export function generationOf(job: string): string {
  return job.slice(0, job.lastIndexOf('-'));
}

/** BullMQ's priorities of one class: its places, and 0, which none of them has. */
export const PER_CLASS = MOST_PLACES + 1;

/** The priority of a submit job: classes strictly apart, places of fair turns within. BullMQ takes 1…2,097,151, lower first. */
export function submitPriority(priority: number, place: number): number {
  return classOf(priority) * PER_CLASS + Math.min(Math.max(place, 1), MOST_PLACES);
}

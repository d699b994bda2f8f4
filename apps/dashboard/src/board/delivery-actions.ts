/**
 * What retry, remove and promote of a webhook job mean to its event. None of them costs anything or touches a generation. The event's record
 * decides, so that a click does not deliver an event a second time.
 */
import { type Desk, endEvent, isDisabled, type JobPayload, readEvent, redeliver, type WebhookEvent } from '@dailies/queue';
import type { Job } from 'bullmq';
import type { JobJson } from './job-view.ts';
import { redactText, redactValue } from '../html/redact.ts';
import { Refusal } from './refusal.ts';

export async function retryDelivery(desk: Desk, job: Job<JobPayload>): Promise<void> {
  if (!(await job.isFailed())) throw new Refusal('Only failed deliveries are retried: the others are under way.');
  const event = await current(desk, job);
  if (event?.state !== 'ended') throw new Refusal('This event was delivered, goes on in another job, or is older than three days.');
  const disabled = await isDisabled(desk.store, event.url);
  if (disabled !== null) {
    throw new Refusal(`Its endpoint is disabled: ${redactText(disabled)}. \`dailies webhooks --enable\` enables it and sends everything that it missed.`);
  }
  if (!(await redeliver(desk, event.id))) throw new Refusal('Its receiver has said that it wants no more of this (HTTP 410).');
  await job.remove().catch(() => undefined);
}

/** Gives up an event that still waits for its delivery. */
export async function removeDelivery(desk: Desk, job: Job<JobPayload>): Promise<void> {
  const event = await current(desk, job);
  if (event?.state === 'pending') await endEvent(desk.store, event, 'given up');
  await job.remove();
}

export async function promoteDelivery(desk: Desk, job: Job<JobPayload>): Promise<void> {
  if ((await current(desk, job))?.state !== 'pending') throw new Refusal('This event was delivered, was given up, or goes on in another job.');
  if (!(await job.isDelayed())) throw new Refusal('It is not waiting for a time: it is due, or under way.');
  await job.promote();
}

export function deliveryView(job: Job<JobPayload>): JobJson {
  const { v, id, seq, title } = job.data;
  const raw = job.toJSON();
  return {
    ...raw,
    name: redactText(title || id),
    data: { v, id, seq, title: redactValue(title) },
    progress: redactValue(raw.progress) as JobJson['progress'],
    returnvalue: redactValue(raw.returnvalue),
    failedReason: redactText(job.failedReason),
    stacktrace: [],
  };
}

async function current({ store }: Desk, job: Job<JobPayload>): Promise<WebhookEvent | null> {
  const event = await readEvent(store, job.data.id);
  return event?.seq === job.data.seq ? event : null;
}

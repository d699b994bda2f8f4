/**
 * A job as the board may show it: the prompt as its name, the ledger's state, the ledger's reason. Only fields on a list of allowed ones are shown;
 * everything else that a job carries, stack traces included, is left out.
 */
import type { Generation, JobPayload, State } from '@dailies/queue';
import type { Job } from 'bullmq';
import { failureText } from '../generations/failure-text.ts';
import { redactText, redactValue } from '../html/redact.ts';

export type JobJson = ReturnType<Job['toJSON']>;

export function jobView(job: Job<JobPayload>, generation: Generation | null): JobJson {
  const { v, id, seq, title } = job.data;
  const raw = job.toJSON();
  return {
    ...raw,
    name: nameOf(job, generation),
    data: { v, id, seq, title: redactValue(title), state: generation?.state ?? 'not in the ledger' },
    progress: redactValue(raw.progress) as JobJson['progress'],
    returnvalue: redactValue(raw.returnvalue),
    failedReason: reasonOf(job, generation),
    stacktrace: [],
  };
}

/** States that the board's tab does not show by itself. */
const WORTH_SAYING: readonly State[] = ['ambiguous', 'unresolved', 'overdue', 'canceled'];

/** Signs of a prompt that turn the direction of what stands behind it: the state would be read backwards, or elsewhere. */
const TURNING = /[\u202A-\u202E\u2066-\u2069]/g;

function nameOf(job: Job<JobPayload>, generation: Generation | null): string {
  const title = redactText(job.data.title || job.data.id).replace(TURNING, '');
  if (generation === null) return `${title} · not in the ledger`;
  if (generation.seq !== job.data.seq) return `${title} · now ${generation.state}`;
  return WORTH_SAYING.includes(generation.state) ? `${title} · ${generation.state}` : title;
}

function reasonOf(job: Job<JobPayload>, generation: Generation | null): string {
  const { failure } = generation ?? {};
  if (!job.failedReason || generation?.seq !== job.data.seq || generation.state !== 'failed' || failure === undefined) {
    return redactText(job.failedReason);
  }
  return failureText(failure);
}

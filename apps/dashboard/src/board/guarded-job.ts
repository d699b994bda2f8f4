/**
 * The only kind of job that Bull Board ever holds: it can be looked at, and its three actions go through the ledger.
 * Closed by default: it refuses every method that is not known to only read, including those that a later BullMQ may add.
 */
import { Job } from 'bullmq';
import type { JobJson } from './job-view.ts';
import { Refusal } from './refusal.ts';

export interface JobActions {
  retry(): Promise<void>;
  remove(): Promise<void>;
  promote(): Promise<void>;
}

export function guardJob(job: Job, view: JobJson, actions: JobActions): Job {
  const refused = jobMethods().filter((name) => !READING.has(name));
  const methods = { ...Object.fromEntries(refused.map((name) => [name, refuse])), ...actions, toJSON: () => view };
  return Object.assign(Object.create(job) as Job, methods);
}

/** Every method of BullMQ's Job except its constructor. */
export function jobMethods(): string[] {
  const members = Object.entries(Object.getOwnPropertyDescriptors(Job.prototype));
  return members.filter(([name, { value }]) => name !== 'constructor' && typeof value === 'function').map(([name]) => name);
}

/** The methods that change nothing. A test compares this list with BullMQ. */
export const READING: ReadonlySet<string> = new Set([
  'toJSON', 'asJSON', 'asJSONSandbox', 'getState', 'isInState', 'isCompleted', 'isFailed', 'isDelayed', 'isWaitingChildren', 'isActive', 'isWaiting',
  'getChildrenValues', 'getIgnoredChildrenFailures', 'getFailedChildrenValues', 'getDependencies', 'getDependenciesCount', 'getSpanOperation', 'toFlowEntry',
]);

async function refuse(): Promise<never> {
  throw new Refusal(
    'Jobs are not edited here: the ledger decides what a job says and when it runs. Use `dailies cancel`, `retry` or `resolve` on its generation.',
  );
}

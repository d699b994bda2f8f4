import { BullMQAdapter } from '@bull-board/api/bullMQAdapter';
import { describe, expect, it } from 'vitest';
import { jobMethods, READING } from './guarded-job.ts';
import { LedgerAdapter } from './ledger-adapter.ts';

/** Every method through which Bull Board 9.10 could change something. */
const CHANGING = [
  'addJob', 'clean', 'empty', 'obliterate', 'pause', 'promoteAll', 'releaseActiveRateLimit', 'removeConfiguredRateLimit', 'removeJobScheduler', 'resume',
  'runJobSchedulerNow', 'setConfiguredRateLimit', 'setGlobalConcurrency', 'updateJobScheduler',
];
/** Methods that hand out something by which things could be changed, and those that say what may be asked for. All of them are ours, too. */
const HANDING_OUT = ['getFlowProducer', 'getJob', 'getJobs', 'supportsGlobalRateLimit', 'supportsJobSchedulerRun', 'supportsJobSchedulerUpdate'];
/** Methods that only look, or set up the adapter itself. */
const LOOKING = [
  'constructor', 'findLastRunId', 'format', 'getActiveRateLimitTtl', 'getArmedJobSchedulerId', 'getClient', 'getConfiguredRateLimit', 'getDatastoreStats',
  'getDescription', 'getDisplayName', 'getGlobalConcurrency', 'getJobCounts', 'getJobDataSchema', 'getJobLogs', 'getJobSchedulers', 'getJobSchedulersCount',
  'getJobStatuses', 'getMetrics', 'getName', 'getQueueDefaultJobOptions', 'getQueueKey', 'getQueueName', 'getQueuePrefix', 'getQueueQualifiedName',
  'getRedisInfo', 'getSchedulerRuns', 'getStatuses', 'getWorkers', 'hasPausedState', 'isPaused', 'isVisible', 'normalizeWorkers', 'resolveRedisClient',
  'schedulerRunId', 'setFormatter', 'setVisibilityGuard',
];
/** What BullMQ 6.7 lets one do with a job. All of it is refused or ours: the guard is closed by default. */
const JOB_CHANGING = [
  'addJob', 'changeDelay', 'changePriority', 'clearLogs', 'createBackend', 'extendLock', 'log', 'moveToCompleted', 'moveToDelayed', 'moveToFailed',
  'moveToWait', 'moveToWaitingChildren', 'promote', 'recordJobMetrics', 'remove', 'removeChildDependency', 'removeDeduplicationKey',
  'removeUnprocessedChildren', 'retry', 'setSpanJobAttributes', 'shouldRetryJob', 'updateData', 'updateProgress', 'updateStacktrace',
  'validateOptions', 'waitUntilFinished',
];

describe('the adapter', () => {
  it('knows every method of Bull Board\'s adapter: a new one must be judged here first', () => {
    const base: unknown = Object.getPrototypeOf(BullMQAdapter.prototype);
    const members = [BullMQAdapter.prototype, base].flatMap((prototype) => Object.getOwnPropertyNames(prototype));
    expect([...new Set(members)].toSorted()).toEqual([...CHANGING, ...HANDING_OUT, ...LOOKING].toSorted());
  });

  it('has a method of its own in front of each that changes something', () => {
    const own = Object.getOwnPropertyNames(LedgerAdapter.prototype);
    expect([...CHANGING, ...HANDING_OUT].filter((name) => !own.includes(name))).toEqual([]);
  });
});

describe('a guarded job', () => {
  it('knows every method of BullMQ\'s job: a new one is refused until it is judged here', () => {
    expect(jobMethods().filter((name) => !READING.has(name)).toSorted()).toEqual(JOB_CHANGING);
    expect([...READING].filter((name) => !jobMethods().includes(name))).toEqual([]);
  });
});

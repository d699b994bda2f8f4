/**
 * The workload of every contestant: so many prompts, each one POST, a poll that says pending, a poll that says done, one small MP4 on disk.
 * The waits before the polls are short, so that what is measured is work and not waiting.
 */
export const FIRST_POLL_MS = 100;
export const POLL_MS = 100;
/** Steps that one worker does at the same time, of each kind: Dailies' own default. */
export const CONCURRENCY = 50;
export const SUBMIT_TIMEOUT_MS = 5_000;

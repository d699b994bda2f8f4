/**
 * What BullMQ complains of, for the log. While Redis is away every queue hears of each try to reach it, dozens a second of a worker: the same
 * words about a queue are said once a minute. Of a job that is somebody else's by now nobody has to do anything, and no warning tells.
 */
import { ErrorCode } from 'bullmq';

export interface QueueLog {
  info(fields: object, text: string): void;
  warn(fields: object, text: string): void;
}

const QUIET_MS = 60_000;

export function tellQueueFaults(log: QueueLog, queue: string): (error: Error) => void {
  const saidAt = new Map<string, number>();
  return (error) => {
    const { message } = error;
    const now = Date.now();
    for (const [words, at] of saidAt) if (now - at >= QUIET_MS) saidAt.delete(words);
    if (saidAt.has(message)) return;
    saidAt.set(message, now);
    if (isOfAnother(error)) log.info({ queue, error: message }, 'job was not settled');
    else log.warn({ queue, error: message }, 'queue connection');
  };
}

/** Settled before by a command whose answer was lost and that ioredis has sent again, or taken over from one who stood still: it goes on all the same. */
const OF_ANOTHER: ReadonlySet<unknown> = new Set([ErrorCode.JobLockNotExist, ErrorCode.JobLockMismatch, ErrorCode.JobNotInState, ErrorCode.JobNotExist]);

function isOfAnother(error: Error): boolean {
  return 'code' in error && OF_ANOTHER.has(error.code);
}

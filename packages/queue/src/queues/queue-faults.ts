/**
 * What BullMQ complains of, for the log. While Redis is away every queue complains of each try to reach it, dozens of times a second in a
 * worker: so the same words are logged once a minute, with the first queue that says them. That a job belongs to another worker by now needs nobody's
 * attention, and is no warning.
 */
import { ErrorCode } from 'bullmq';

export interface QueueLog {
  info(fields: object, text: string): void;
  warn(fields: object, text: string): void;
}

const QUIET_MS = 60_000;

/** When each log was last told of these words, by any queue. */
const told = new WeakMap<QueueLog, Map<string, number>>();

export function tellQueueFaults(log: QueueLog, queue: string): (error: Error) => void {
  const saidAt = told.get(log) ?? new Map<string, number>();
  told.set(log, saidAt);
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

/** Errors of a job that was settled already, by a command that ioredis has sent twice, or that another worker has taken over: the work goes on. */
const OF_ANOTHER: ReadonlySet<unknown> = new Set([ErrorCode.JobLockNotExist, ErrorCode.JobLockMismatch, ErrorCode.JobNotInState, ErrorCode.JobNotExist]);

function isOfAnother(error: Error): boolean {
  return 'code' in error && OF_ANOTHER.has(error.code);
}

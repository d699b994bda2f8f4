/**
 * What BullMQ complains of, for the log. While Redis is away every queue hears of each try to reach it, dozens a second of a worker: the same
 * words about a queue are said once a minute.
 */
export interface QueueLog {
  warn(fields: object, text: string): void;
}

const QUIET_MS = 60_000;

export function tellQueueFaults(log: QueueLog, queue: string): (error: Error) => void {
  const saidAt = new Map<string, number>();
  return ({ message }) => {
    const now = Date.now();
    for (const [words, at] of saidAt) if (now - at >= QUIET_MS) saidAt.delete(words);
    if (saidAt.has(message)) return;
    saidAt.set(message, now);
    log.warn({ queue, error: message }, 'queue connection');
  };
}

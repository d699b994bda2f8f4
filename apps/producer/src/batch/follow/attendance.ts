/**
 * Tells the ledger again and again that a process attends a batch. The queued generations of an attended batch are submitted only while it does. A
 * beat that fails does no harm, since the next one comes in time.
 */
import { randomUUID } from 'node:crypto';
import { attend, ATTENDANCE_MS, leave, type Log, type Store } from '@dailies/queue';

export interface Attendance {
  leave(): Promise<void>;
}

export async function startAttending(store: Store, batch: string, log: Log): Promise<Attendance> {
  const token = randomUUID();
  await attend(store, batch, token);
  let beating: Promise<void> = Promise.resolve();
  const timer = setInterval(() => {
    beating = attend(store, batch, token).catch((error: unknown) => log.warn({ batch, error: String(error) }, 'could not renew the attendance'));
  }, ATTENDANCE_MS / 3);
  return {
    async leave() {
      clearInterval(timer);
      await beating;
      await leave(store, batch, token);
    },
  };
}

/**
 * The polls that this worker has delayed and that are due soon: another poll that is due now may call them up, to be asked together. It is a bounded
 * memory, never a record: a poll that is not in it comes at its own time, and calling up one that another worker has taken does nothing.
 */
import { BoundedMap, jobId } from '@dailies/queue';

const MOST_REMEMBERED = 2_000;

export interface PollJob {
  id: string;
  seq: number;
}

export interface DueSoon {
  /** This poll comes at `dueAt`; called up it may come earlier, but not before `notBefore` (epoch milliseconds). */
  remember(job: PollJob, group: string, dueAt: number, notBefore: number): void;
  /** The poll has come, at its own time or called up. */
  forget(job: PollJob): void;
  /** Takes out those of a group that come within so many milliseconds and may come now, the next ones first. */
  take(group: string, within: { now: number; ms: number; most: number }): PollJob[];
}

export function createDueSoon(): DueSoon {
  const promises = new BoundedMap<string, { job: PollJob; group: string; dueAt: number; notBefore: number }>(MOST_REMEMBERED);
  return {
    remember(job, group, dueAt, notBefore) {
      promises.set(jobId(job.id, job.seq), { job, group, dueAt, notBefore });
    },
    forget: (job) => void promises.delete(jobId(job.id, job.seq)),
    take(group, { now, ms, most }) {
      if (most <= 0) return [];
      const soon = [...promises.values()].filter((one) => one.group === group && one.notBefore <= now && one.dueAt > now && one.dueAt <= now + ms);
      const taken = soon.toSorted((one, other) => one.dueAt - other.dueAt).slice(0, most);
      for (const { job } of taken) promises.delete(jobId(job.id, job.seq));
      return taken.map(({ job }) => job);
    },
  };
}

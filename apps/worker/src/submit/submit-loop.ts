/**
 * The gate of one provider: asks the ledger for a place, only then takes the next job, and runs its submit. One fetch at a time, so what
 * comes first is submitted first; nothing is fetched that cannot be submitted, so nothing spins and nothing loses its place.
 */
import { randomUUID } from 'node:crypto';
import type { Job, Worker } from 'bullmq';
import { type JobPayload, giveBack, reserve, shardOf, wakeForWork } from '@dailies/queue';
import type { Delivery, Desk, WorkerContext } from '../context.ts';
import { runByHand } from '../jobs/job-runner.ts';
import type { StepOutcome } from '../steps/step-outcome.ts';
import type { Wake } from '../watch/wake.ts';

/** A delivery that came through the gate. */
export interface Admission extends Delivery {
  reservation: string;
  /** Call it once the intent is on its way to the ledger: only then is the next job fetched, so that first come is first submitted. */
  admitted: () => void;
  /** Call it when the reservation has become the slot. */
  used: () => void;
}

export interface SubmitLoop {
  run(): Promise<void>;
  /** Ids whose submit is under way. */
  active(): string[];
  /** Resolves when nothing is under way. */
  idle(): Promise<void>;
  /** Why the gate let nothing through at its last turn; null when it would have. */
  restsBecause: () => string | null;
}

const LOOK_AGAIN_MS = 1_000;

export function createSubmitLoop(
  context: WorkerContext,
  desk: Desk,
  fetcher: Worker<JobPayload>,
  wake: Wake,
  step: (delivery: Admission) => Promise<StepOutcome>,
): SubmitLoop {
  const { store, log, stopping } = context;
  const { name } = desk.settings;
  const limits = { account: desk.account.maxInFlight, provider: desk.settings.maxInFlight };
  const underWay = new Map<string, Promise<void>>();
  const ids = new Map<string, string>();
  let rests: string | null = null;
  /** A slot that is freed is nothing to a queue that is empty: thousands a minute may be freed for its neighbours on the account. */
  const isForUs = (news: string): boolean => news === '*' || news === wakeForWork(desk.account.id, name) || (news === desk.account.id && rests !== 'nothing');

  /** Milliseconds to sleep before the next turn; 0: go on at once. */
  async function turn(): Promise<number> {
    if (!(await context.replicas.isOpen(shardOf(store, desk.account.id)))) {
      rests = 'replicas';
      return LOOK_AGAIN_MS;
    }
    const token = randomUUID();
    const reservation = await reserve(store, name, desk.account.id, limits, token);
    rests = reservation.go ? null : reservation.why;
    if (!reservation.go) return Math.min(reservation.retryInMs, LOOK_AGAIN_MS);
    const job = await fetcher.getNextJob(token, { block: false });
    if (job === undefined) {
      await giveBack(store, name, desk.account.id, token);
      return LOOK_AGAIN_MS;
    }
    let admitted = (): void => undefined;
    const admission = new Promise<void>((resolve) => {
      admitted = resolve;
    });
    let isUsed = false;
    const used = (): void => {
      isUsed = true;
    };
    ids.set(token, job.data.id);
    const run = through(token, job, () => isUsed, (delivery) => step({ ...delivery, reservation: token, admitted, used }));
    underWay.set(token, run);
    await Promise.race([admission, run]);
    return 0;
  }

  async function through(token: string, job: Job<JobPayload>, isUsed: () => boolean, submit: (delivery: Delivery) => Promise<StepOutcome>): Promise<void> {
    try {
      const outcome = await runByHand(context, job, token, submit);
      // A submit that took its slot has used the reservation up; anything else gives it back.
      if (!isUsed()) await giveBack(store, name, desk.account.id, token);
      if (outcome.kind === 'back') await wake.sleep(LOOK_AGAIN_MS, stopping, isForUs);
    } catch (error) {
      log.error({ job: job.id, generation: job.data.id, err: error }, 'submit');
    } finally {
      underWay.delete(token);
      ids.delete(token);
    }
  }

  return {
    async run() {
      while (!stopping.aborted) {
        const pause = await turn().catch((error: unknown) => {
          log.warn({ provider: name, err: error }, 'the gate could not be asked');
          return LOOK_AGAIN_MS;
        });
        if (pause > 0) await wake.sleep(pause, stopping, isForUs);
      }
    },
    active: () => [...ids.values()],
    restsBecause: () => rests,
    async idle() {
      await Promise.allSettled(underWay.values());
    },
  };
}

/**
 * The submits of one gate that are under way, from the fetch of a job until the job is settled. Whoever ends one that has not used its reservation gives
 * the reservation back.
 */
import type { Job } from 'bullmq';
import { giveBack, type JobPayload } from '@dailies/queue';
import type { Delivery, Upstream, WorkerContext } from '../context.ts';
import { runByHand } from '../jobs/job-runner.ts';
import type { StepOutcome } from '../steps/step-outcome.ts';
import type { Unanswered } from './unanswered.ts';

export interface UnderWay {
  /** Begins the submit of a job. Resolves when its intent is on its way to the ledger, or will never be. Never rejects. */
  admit(token: string, job: Job<JobPayload>): Promise<void>;
  /** Resolves when all that are being put back now stand in their old places again. */
  returned(): Promise<void>;
  /** Of the generations. */
  ids(): string[];
  /** Resolves when those that are under way now have ended. */
  idle(): Promise<void>;
}

/** A delivery that came through the gate. */
export interface Admission extends Delivery {
  reservation: string;
  /** Call it once the intent is on its way to the ledger. Only then does the step of the next job begin: jobs are submitted in the order of their fetches. */
  admitted: () => void;
  /** Call it when the reservation has become the slot. */
  used: () => void;
  /** Call it when the upstream's answer is in the ledger. */
  answered: () => void;
  /** Call it before the job is put back. Until the job stands in its old place again the gate lets no other through: only submits under way overtake it. */
  returns: () => void;
}

interface UnderWayParts {
  upstream: Upstream;
  /** Submits one delivery that came through. */
  step: (delivery: Admission) => Promise<StepOutcome>;
  unanswered: Unanswered;
  /** What is waited after a job was put back: until then it counts as being put back. */
  rest: () => Promise<void>;
}

interface Submit {
  id: string;
  /** Its reservation has become the slot. */
  isUsed: boolean;
  /** It is being put back into its old place. */
  isReturning: boolean;
  /** Never rejects. */
  run: Promise<void>;
}

export function createUnderWay(context: WorkerContext, { upstream, step, unanswered, rest }: UnderWayParts): UnderWay {
  const { store, log } = context;
  /** By the token of their reservation. */
  const submits = new Map<string, Submit>();

  /** Runs the step and settles its job. Never rejects. */
  async function pass(token: string, job: Job<JobPayload>, submit: Submit, admitted: () => void): Promise<void> {
    const answered = (): void => unanswered.end(token);
    const used = (): void => void (submit.isUsed = true);
    const returns = (): void => void (submit.isReturning = true);
    try {
      const outcome = await runByHand(context, job, token, (delivery) => step({ ...delivery, reservation: token, admitted, used, answered, returns }));
      if (!submit.isUsed) await giveBack(store, { provider: upstream.settings.name, account: upstream.account.id, token });
      answered();
      if (outcome.kind === 'back') await rest();
    } catch (error) {
      log.error({ job: job.id, generation: job.data.id, err: error }, 'submit');
    } finally {
      submits.delete(token);
      answered();
      admitted();
    }
  }

  return {
    admit: (token, job) =>
      new Promise((admitted) => {
        const submit: Submit = { id: job.data.id, isUsed: false, isReturning: false, run: Promise.resolve() };
        submits.set(token, submit);
        submit.run = pass(token, job, submit, admitted);
      }),
    async returned() {
      await Promise.all([...submits.values()].filter(({ isReturning }) => isReturning).map(({ run }) => run));
    },
    ids: () => [...submits.values()].map(({ id }) => id),
    async idle() {
      await Promise.allSettled([...submits.values()].map(({ run }) => run));
    },
  };
}

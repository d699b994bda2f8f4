/**
 * The gate of one provider: asks the ledger for a place, only then takes the next job, and runs its submit. Fetches go out one after the
 * other, and each intent only after the one before it, so what comes first is submitted first; nothing is fetched that cannot be submitted,
 * so nothing spins and nothing loses its place.
 */
import { randomUUID } from 'node:crypto';
import type { Job, Worker } from 'bullmq';
import { type JobPayload, MOST_DOUBTS, giveBack, reserve, shardOf, wakeForWork } from '@dailies/queue';
import type { Upstream, WorkerContext } from '../context.ts';
import type { StepOutcome } from '../steps/step-outcome.ts';
import type { Wake } from '../watch/wake.ts';
import { createUnanswered } from './unanswered.ts';
import { type Admission, createUnderWay } from './under-way.ts';

interface GateParts {
  upstream: Upstream;
  /** Hands out a job when it is asked for one. */
  fetcher: Worker<JobPayload>;
  wake: Wake;
  /** Submits one delivery that came through. */
  step: (delivery: Admission) => Promise<StepOutcome>;
}

export interface SubmitLoop {
  run(): Promise<void>;
  /** Ids whose submit is under way. */
  active(): string[];
  /** After the stop: resolves when nothing is under way. */
  idle(): Promise<void>;
  /** Why the gate let nothing through at its last turn; null when it would have. */
  restsBecause: () => string | null;
}

const LOOK_AGAIN_MS = 1_000;

export function createSubmitLoop(context: WorkerContext, { upstream, fetcher, wake, step }: GateParts): SubmitLoop {
  const { store, log, stopping } = context;
  const { name } = upstream.settings;
  const limits = { account: upstream.account.maxInFlight, provider: upstream.settings.maxInFlight };
  let rests: string | null = null;
  /** The last fetch brought nothing. */
  let isDry = false;
  const isForUs = (news: string): boolean => {
    if (news === '*' || news === wakeForWork(upstream.account.id, name)) return true;
    // A freed slot does not matter to an empty queue, and its account may free thousands a minute.
    return news === upstream.account.id && rests !== 'nothing' && !isDry;
  };
  /** Resolves when the submit that was let through last has sent its intent. The next one waits for it: intents go out in the order of the fetches. */
  let intentBefore: Promise<unknown> = Promise.resolve();
  /** How many reservations have not sent their intent yet. */
  let ahead = 0;
  const unanswered = createUnanswered(MOST_DOUBTS);
  const underWay = createUnderWay(context, { upstream, step, unanswered, rest: () => wake.sleep(LOOK_AGAIN_MS, stopping, isForUs) });
  let ended: Promise<void> = Promise.resolve();

  /** Milliseconds to sleep before the next turn; 0: go on at once. */
  async function turn(): Promise<number> {
    if (isDry) return LOOK_AGAIN_MS;
    if (unanswered.isFull()) rests = 'unanswered';
    await unanswered.room();
    if (!(await context.replicas.isOpen(shardOf(store, upstream.account.id)))) {
      rests = 'replicas';
      return LOOK_AGAIN_MS;
    }
    await underWay.returned();
    if (stopping.aborted) return LOOK_AGAIN_MS;
    const token = randomUUID();
    const reservation = await reserve(store, { provider: name, account: upstream.account.id, limits, token });
    rests = reservation.go ? null : reservation.why;
    if (!reservation.go) return Math.min(reservation.retryInMs, LOOK_AGAIN_MS);
    ahead += 1;
    unanswered.begin(token);
    const passed = letThrough(token, fetcher.getNextJob(token, { block: false }), intentBefore).finally(() => {
      ahead -= 1;
    });
    intentBefore = passed;
    // If more jobs wait, the next place is asked for while this job is still being fetched: that saves each submit a round trip.
    if (reservation.queued <= ahead) await passed;
    return isDry ? LOOK_AGAIN_MS : 0;
  }

  /** Resolves when the intent of the fetched job is on its way to the ledger, or will never be. Never rejects. */
  async function letThrough(token: string, fetched: Promise<Job<JobPayload> | undefined>, before: Promise<unknown>): Promise<void> {
    try {
      const [job] = await Promise.all([fetched, before]);
      if (job !== undefined) return await underWay.admit(token, job);
      isDry = true;
      unanswered.end(token);
      await giveBack(store, { provider: name, account: upstream.account.id, token });
    } catch (error) {
      isDry = true;
      unanswered.end(token);
      log.warn({ provider: name, err: error }, 'no job could be fetched');
      // The next intent waits for this promise only, so it must not resolve ahead of the intents before it.
      await before;
    }
  }

  async function run(): Promise<void> {
    const ears = wake.ears();
    while (!stopping.aborted) {
      ears.listen();
      const pause = await turn().catch((error: unknown) => {
        log.warn({ provider: name, err: error }, 'the gate could not be asked');
        return LOOK_AGAIN_MS;
      });
      if (pause === 0) continue;
      await ears.sleep(pause, stopping, isForUs);
      isDry = false;
    }
    // A fetch that had begun when the stop came may bring one more job.
    await intentBefore;
  }

  return {
    run: () => (ended = run()),
    active: () => underWay.ids(),
    restsBecause: () => rests,
    async idle() {
      await ended;
      await underWay.idle();
    },
  };
}

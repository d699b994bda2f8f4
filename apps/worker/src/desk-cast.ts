/** What a worker runs for one desk: the gate that submits to its account, and the runner that polls its tasks. Neither begins before it is run. */
import type { Worker } from 'bullmq';
import { type JobPayload, callUpPolls, pollQueue, submitQueue } from '@dailies/queue';
import type { Tracing } from '@dailies/telemetry';
import { type Desk, type WorkerContext, access } from './context.ts';
import { type RunnerOptions, createFetcher, createRunner } from './jobs/job-runner.ts';
import { createConsumer } from './measure/consumer.ts';
import { traced } from './measure/traced.ts';
import { createQuestions } from './questions/questions.ts';
import { pollStep } from './steps/poll.ts';
import { submitStep } from './steps/submit.ts';
import type { AcceptedAnswers } from './submit/accepted-answer.ts';
import { type SubmitLoop, createSubmitLoop } from './submit/submit-loop.ts';
import type { Watched } from './watch/consumption.ts';
import type { Wake } from './watch/wake.ts';

export interface DeskParts {
  context: WorkerContext;
  options: Omit<RunnerOptions, 'queue'>;
  wake: Wake;
  answers: AcceptedAnswers;
  tracing: Tracing;
  /** Every task is asked about alone. */
  pollAlone: boolean;
}

export interface DeskCast {
  desk: Desk;
  /** Hands the gate its jobs. */
  fetcher: Worker<JobPayload>;
  gate: SubmitLoop;
  polls: Worker<JobPayload>;
  /** Its two queues, for the watch over consumption. */
  watched: Watched[];
}

export function createDeskCast(parts: DeskParts, desk: Desk): DeskCast {
  const { fetcher, gate, watched: submits } = submitting(parts, desk);
  const { runner, watched: polls } = polling(parts, desk);
  return { desk, fetcher, gate, polls: runner, watched: [submits, polls] };
}

function submitting({ context, options, wake, answers, tracing }: DeskParts, desk: Desk): Pick<DeskCast, 'fetcher' | 'gate'> & { watched: Watched } {
  const queue = submitQueue(desk.settings.name);
  const consumer = createConsumer(queue, desk.settings.maxInFlight);
  const traces = { tracing, store: context.store };
  const fetcher = createFetcher({ ...options, queue });
  const gate = createSubmitLoop(context, {
    desk,
    fetcher,
    wake,
    step: (delivery) => consumer.deliver(delivery, () => traced(traces, 'submit', delivery, () => submitStep(context, answers, delivery))),
  });
  return { fetcher, gate, watched: { consumer, restsBecause: gate.restsBecause } };
}

function polling({ context, options, tracing, pollAlone }: DeskParts, desk: Desk): { runner: Worker<JobPayload>; watched: Watched } {
  const { config, store, queues, http, meter, stopping } = context;
  const { name } = desk.settings;
  const queue = pollQueue(name);
  const consumer = createConsumer(queue, config.workerConcurrency, (late) => meter.observe('dailies_poll_lateness_seconds', { provider: name }, late));
  const questions = createQuestions({
    provider: desk.provider,
    call: { access: access(desk), http, signal: stopping },
    hands: consumer,
    callUp: (due) => callUpPolls(queues, name, due),
    alone: pollAlone,
  });
  const runner = createRunner({ ...options, queue }, (delivery) =>
    consumer.deliver(delivery, () => traced({ tracing, store }, 'poll', delivery, () => pollStep(context, questions, delivery))),
  );
  return { runner, watched: { consumer, restsBecause: () => (runner.isPaused() ? 'paused' : null) } };
}

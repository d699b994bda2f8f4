/** What a worker runs for one upstream: the gate that submits to its account, and the runner that polls its tasks. Neither begins before it is run. */
import type { Worker } from 'bullmq';
import { type JobPayload, callUpPolls, pollQueue, submitQueue } from '@dailies/queue';
import type { Tracing } from '@dailies/telemetry';
import { type Upstream, type WorkerContext, access } from './context.ts';
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

export interface UpstreamParts {
  context: WorkerContext;
  options: Omit<RunnerOptions, 'queue'>;
  wake: Wake;
  answers: AcceptedAnswers;
  tracing: Tracing;
  /** Every task is asked about alone. */
  pollAlone: boolean;
}

export interface UpstreamCast {
  upstream: Upstream;
  /** Hands the gate its jobs. */
  fetcher: Worker<JobPayload>;
  gate: SubmitLoop;
  polls: Worker<JobPayload>;
  /** Its two queues, for the watch over consumption. */
  watched: Watched[];
}

export function createUpstreamCast(parts: UpstreamParts, upstream: Upstream): UpstreamCast {
  const { fetcher, gate, watched: submits } = submitting(parts, upstream);
  const { runner, watched: polls } = polling(parts, upstream);
  return { upstream, fetcher, gate, polls: runner, watched: [submits, polls] };
}

function submitting(parts: UpstreamParts, upstream: Upstream): Pick<UpstreamCast, 'fetcher' | 'gate'> & { watched: Watched } {
  const { context, options, wake, answers, tracing } = parts;
  const queue = submitQueue(upstream.settings.name);
  const consumer = createConsumer(queue, upstream.settings.maxInFlight);
  const traces = { tracing, store: context.store };
  const fetcher = createFetcher({ ...options, queue });
  const gate = createSubmitLoop(context, {
    upstream,
    fetcher,
    wake,
    step: (delivery) => consumer.deliver(delivery, () => traced(traces, 'submit', delivery, () => submitStep(context, answers, delivery))),
  });
  return { fetcher, gate, watched: { consumer, restsBecause: gate.restsBecause } };
}

function polling(parts: UpstreamParts, upstream: Upstream): { runner: Worker<JobPayload>; watched: Watched } {
  const { context, options, tracing, pollAlone } = parts;
  const { config, store, queues, http, meter, stopping } = context;
  const { name } = upstream.settings;
  const queue = pollQueue(name);
  const consumer = createConsumer(queue, config.workerConcurrency, (late) => meter.observe('dailies_poll_lateness_seconds', { provider: name }, late));
  const questions = createQuestions({
    provider: upstream.provider,
    call: { access: access(upstream), http, signal: stopping },
    hands: consumer,
    callUp: (due) => callUpPolls(queues, name, due),
    alone: pollAlone,
  });
  const runner = createRunner({ ...options, queue }, (delivery) =>
    consumer.deliver(delivery, () => traced({ tracing, store }, 'poll', delivery, () => pollStep(context, questions, delivery))),
  );
  runner.on('resumed', () => consumer.rested());
  return { runner, watched: { consumer, restsBecause: () => (runner.isPaused() ? 'paused' : null) } };
}

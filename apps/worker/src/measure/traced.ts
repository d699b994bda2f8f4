/** A step in a span of its generation's trace. Without tracing it is the step alone. */
import { type Store, readEvent } from '@dailies/queue';
import { type Tracing, traceOf } from '@dailies/telemetry';
import type { Delivery } from '../context.ts';
import type { StepOutcome } from '../steps/step-outcome.ts';

/** Where traces go, and the ledger that says which trace a generation is in. */
interface Traces {
  tracing: Tracing;
  store: Store;
}

type Step = () => Promise<StepOutcome>;

/** `name`: of the step, and so of the span. */
export async function traced(traces: Traces, name: string, { id }: Delivery, step: Step): Promise<StepOutcome> {
  return traces.tracing.on ? inTraceOf(traces, { name, generation: id }, step) : step();
}

/** The webhook step in a span: in the trace of the generation that the event tells of. An event of a batch has a trace of its own, by the batch's name. */
export async function tracedEvent(traces: Traces, { id }: Delivery, step: Step): Promise<StepOutcome> {
  const { tracing, store } = traces;
  const event = tracing.on ? await readEvent(store, id) : null;
  if (event === null) return step();
  const about = { 'dailies.event': id, 'dailies.event_type': event.type };
  const [, of, subject = ''] = /^([gb]):(.*)$/s.exec(event.subject) ?? [];
  if (of === 'g') return inTraceOf(traces, { name: 'webhook', generation: subject, about }, step);
  return inSpan(tracing, { name: 'webhook', parent: traceOf(event.subject), attributes: { 'dailies.batch': subject, ...about } }, step);
}

interface StepOf {
  name: string;
  generation: string;
  about?: Record<string, string>;
}

async function inTraceOf({ tracing, store: { redis, keys } }: Traces, { name, generation, about }: StepOf, step: Step): Promise<StepOutcome> {
  const [given, provider, batch] = await redis.hmget(keys.generation(generation), 'trace', 'provider', 'batch');
  const attributes = { 'dailies.generation': generation, 'dailies.provider': provider ?? '', 'dailies.batch': batch ?? '', ...about };
  return inSpan(tracing, { name, parent: given ?? traceOf(generation), attributes }, step);
}

interface SpanOf {
  name: string;
  /** W3C traceparent. */
  parent: string;
  attributes: Record<string, string>;
}

function inSpan(tracing: Tracing, { name, ...options }: SpanOf, step: Step): Promise<StepOutcome> {
  return tracing.span(name, options, async (span) => {
    const outcome = await step();
    span.set({ 'dailies.outcome': outcome.kind });
    return outcome;
  });
}

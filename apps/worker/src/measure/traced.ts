/** A step in a span of its generation's trace. Without tracing it is the step alone. */
import { type Store, readEvent } from '@dailies/queue';
import { type Tracing, traceOf } from '@dailies/telemetry';
import type { Delivery } from '../context.ts';
import type { StepOutcome } from '../steps/step-outcome.ts';

type Step = () => Promise<StepOutcome>;

export async function traced(tracing: Tracing, store: Store, name: string, { id }: Delivery, step: Step): Promise<StepOutcome> {
  return tracing.on ? below(tracing, store, name, id, {}, step) : step();
}

/** The webhook step in a span: in the trace of the generation that the event tells of. An event of a batch has a trace of its own, by the batch's name. */
export async function tracedEvent(tracing: Tracing, store: Store, { id }: Delivery, step: Step): Promise<StepOutcome> {
  const event = tracing.on ? await readEvent(store, id) : null;
  if (event === null) return step();
  const about = { 'dailies.event': id, 'dailies.event_type': event.type };
  const [, of, name = ''] = /^([gb]):(.*)$/s.exec(event.subject) ?? [];
  if (of === 'g') return below(tracing, store, 'webhook', name, about, step);
  return told(tracing, 'webhook', traceOf(event.subject), { 'dailies.batch': name, ...about }, step);
}

async function below(tracing: Tracing, { redis, keys }: Store, name: string, id: string, about: Record<string, string>, step: Step): Promise<StepOutcome> {
  const [given, provider, batch] = await redis.hmget(keys.generation(id), 'trace', 'provider', 'batch');
  const attributes = { 'dailies.generation': id, 'dailies.provider': provider ?? '', 'dailies.batch': batch ?? '', ...about };
  return told(tracing, name, given ?? traceOf(id), attributes, step);
}

function told(tracing: Tracing, name: string, parent: string, attributes: Record<string, string>, step: Step): Promise<StepOutcome> {
  return tracing.span(name, { parent, attributes }, async (span) => {
    const outcome = await step();
    span.set({ 'dailies.outcome': outcome.kind });
    return outcome;
  });
}

/** A step in a span of its generation's trace. Without tracing it is the step alone. */
import { type Store } from '@dailies/queue';
import { type Tracing, traceOf } from '@dailies/telemetry';
import type { Delivery } from '../context.ts';
import type { StepOutcome } from '../steps/step-outcome.ts';

export async function traced(tracing: Tracing, { redis, keys }: Store, name: string, { id }: Delivery, step: () => Promise<StepOutcome>): Promise<StepOutcome> {
  if (!tracing.on) return step();
  const [given, provider, batch] = await redis.hmget(keys.generation(id), 'trace', 'provider', 'batch');
  const attributes = { 'dailies.generation': id, 'dailies.provider': provider ?? '', 'dailies.batch': batch ?? '' };
  return tracing.span(name, { parent: given ?? traceOf(id), attributes }, async (span) => {
    const outcome = await step();
    span.set({ 'dailies.outcome': outcome.kind });
    return outcome;
  });
}

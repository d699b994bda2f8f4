/** Measures how long Redis takes to answer a PING: once, or every second in a process that has no watch of its own. */
import type { Store } from '@dailies/queue';
import type { Meter } from './meter.ts';

const REST_MS = 1_000;

export async function measureRoundTrip({ redis }: Store, meter: Meter): Promise<void> {
  const from = performance.now();
  await redis.ping();
  meter.observe('dailies_redis_round_trip_seconds', {}, (performance.now() - from) / 1000);
}

/** Measures every second; answers a function that ends it. Measures nothing while Redis is away: `dailies_redis_up` reports that. */
export function measureRoundTrips(store: Store, meter: Meter): () => void {
  const timer = setInterval(() => void measureRoundTrip(store, meter).catch(() => undefined), REST_MS);
  timer.unref();
  return () => clearInterval(timer);
}

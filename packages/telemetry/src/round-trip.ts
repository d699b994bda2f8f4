/** How long Redis takes to answer, of one PING; and the same once a second, for a process that has no watch of its own to do it. */
import type { Store } from '@dailies/queue';
import type { Meter } from './meter.ts';

const REST_MS = 1_000;

export async function measureRoundTrip({ redis }: Store, meter: Meter): Promise<void> {
  const from = performance.now();
  await redis.ping();
  meter.observe('dailies_redis_round_trip_seconds', {}, (performance.now() - from) / 1000);
}

/** Answers what ends it. While Redis is away nothing is measured: `dailies_redis_up` says that. */
export function measureRoundTrips(store: Store, meter: Meter): () => void {
  const timer = setInterval(() => void measureRoundTrip(store, meter).catch(() => undefined), REST_MS);
  timer.unref();
  return () => clearInterval(timer);
}

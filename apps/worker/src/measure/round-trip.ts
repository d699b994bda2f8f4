/** How long Redis takes to answer, of one PING. */
import type { Store } from '@dailies/queue';
import type { Meter } from '@dailies/telemetry';

export async function measureRoundTrip({ redis }: Store, meter: Meter): Promise<void> {
  const from = performance.now();
  await redis.ping();
  meter.observe('dailies_redis_round_trip_seconds', {}, (performance.now() - from) / 1000);
}

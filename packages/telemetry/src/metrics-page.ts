/**
 * `/metrics`: who may read it, and what is on it. It answers within about a second even while Redis is away; then it leaves out the figures of the
 * ledger rather than show old ones.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import { type Config, type Store, endsWithin } from '@dailies/queue';
import { readFigures } from './ledger-figures.ts';
import type { Meter } from './meter.ts';
import { METRICS, type MetricName, type MetricRow } from './table.ts';

export interface MetricsPage {
  contentType: string;
  text(): Promise<string>;
}

const PATIENCE_MS = 1_000;
const OF_THE_LEDGER = (Object.entries<MetricRow>(METRICS) as [MetricName, MetricRow][]).flatMap(([name, { of }]) => (of === 'ledger' ? [name] : []));

export function createMetricsPage(meter: Meter, store: Store, config: Config): MetricsPage {
  let reading: Promise<void> | null = null;
  /** One reading at a time: two would count spend twice, and would pile up requests while Redis is away. */
  function read(): Promise<void> {
    reading ??= readFigures(meter, store, config).finally(() => {
      reading = null;
    });
    return reading;
  }

  return {
    contentType: meter.contentType,
    async text() {
      const up = await endsWithin(PATIENCE_MS, read()).catch(() => false);
      meter.set('dailies_redis_up', {}, up ? 1 : 0);
      if (!up) for (const name of OF_THE_LEDGER) meter.clear(name);
      return meter.text();
    },
  };
}

/** Whether an `Authorization` header carries the token. Takes the same time for a wrong token as for the right one. */
export function bearsToken(header: string | undefined, token: string): boolean {
  const given = /^Bearer +(\S+)$/i.exec(header ?? '')?.[1] ?? '';
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(given), digest(token));
}

/**
 * How the code reports metrics: count, observe, set. There is one registry for each process (or test); it also holds Node's own metrics, such as
 * event-loop lag. Reporting never throws and never waits.
 */
import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client';
import { type LabelsOf, METRICS, type MetricName, type MetricRow } from './table.ts';

type Named<Type extends MetricRow['type']> = { [Name in MetricName]: (typeof METRICS)[Name]['type'] extends Type ? Name : never }[MetricName];

export interface Meter {
  count<Name extends Named<'counter'>>(name: Name, labels: LabelsOf<Name>, by?: number): void;
  /** In the unit of the metric's name. */
  observe<Name extends Named<'histogram'>>(name: Name, labels: LabelsOf<Name>, value: number): void;
  set<Name extends Named<'gauge'>>(name: Name, labels: LabelsOf<Name>, value: number): void;
  /** Removes all series of a metric. Those that are not set again stay gone. */
  clear(name: MetricName): void;
  /** The exposition format of Prometheus. */
  text(): Promise<string>;
  contentType: string;
}

export function createMeter(): Meter {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const counters = new Map<string, Counter>();
  const gauges = new Map<string, Gauge>();
  const histograms = new Map<string, Histogram>();
  for (const [name, row] of Object.entries<MetricRow>(METRICS)) {
    const shape = { name, help: row.help, labelNames: row.labels, registers: [registry] };
    if (row.type === 'counter') counters.set(name, new Counter(shape));
    else if (row.type === 'gauge') gauges.set(name, new Gauge(shape));
    else histograms.set(name, new Histogram({ ...shape, buckets: [...(row.buckets ?? [])] }));
  }
  return {
    count: (name, labels, by = 1) => counters.get(name)?.inc(labels, by),
    observe: (name, labels, value) => histograms.get(name)?.observe(labels, Math.max(0, value)),
    set: (name, labels, value) => gauges.get(name)?.set(labels, value),
    clear(name) {
      (counters.get(name) ?? gauges.get(name) ?? histograms.get(name))?.reset();
    },
    text: () => registry.metrics(),
    contentType: registry.contentType,
  };
}

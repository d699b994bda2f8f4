/** Metrics: one table, one meter a process, one page. */
export { createMeter, type Meter } from './meter.ts';
export { bearsToken, createMetricsPage, type MetricsPage } from './metrics-page.ts';
export { METRICS } from './table.ts';

/** Metrics: one table, one meter a process, one page. Traces: off, or to an OTLP endpoint. */
export { createMeter, type Meter } from './meter.ts';
export { bearsToken, createMetricsPage, type MetricsPage } from './metrics-page.ts';
export { measureRoundTrip, measureRoundTrips } from './round-trip.ts';
export { METRICS } from './table.ts';
export { NO_TRACING, openTracing, traceOf, type Tracing } from './tracing.ts';
export { beginTransitions, countTransition } from './transitions.ts';

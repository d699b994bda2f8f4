/**
 * Traces from the HTTP request to the file, off unless OTEL_EXPORTER_OTLP_ENDPOINT is set; then the SDK is loaded, and not before (otlp.ts).
 *
 * A generation carries its trace in the ledger (`trace`, a W3C traceparent) or has one that follows from its id, so that its spans are one
 * trace whatever was redelivered, repaired or restarted in between. Spans hold ids, provider and outcome; never a prompt, link or key.
 */
import { createHash } from 'node:crypto';
import type { QueueOptions } from 'bullmq';

export interface Tracing {
  /** False: nothing is traced, and nobody need look up a trace. */
  readonly on: boolean;
  /** For BullMQ's queues and workers. */
  readonly bullmq?: NonNullable<QueueOptions['telemetry']>;
  /** Runs `work` in a span below `parent`. `work` may add what it has learned; what it throws ends the span as an error. */
  span<T>(name: string, about: SpanAbout, work: (span: OpenSpan) => Promise<T>): Promise<T>;
  /** Sends what is left. */
  stop(): Promise<void>;
}

interface SpanAbout {
  /** A traceparent; absent, or none that can be read: a trace of its own. */
  parent?: string | undefined;
  /** Default: a step of ours; `server`: it answers somebody's request. */
  kind?: 'server' | undefined;
  attributes?: Record<string, string | number> | undefined;
}

interface OpenSpan {
  /** For whoever goes on: a header, the ledger. */
  traceparent: string;
  set(attributes: Record<string, string | number>): void;
}

const SILENT: OpenSpan = { traceparent: '', set: () => undefined };

export const NO_TRACING: Tracing = { on: false, span: (_name, _about, work) => work(SILENT), stop: async () => undefined };

/** `endpoint`: the base of OTLP over HTTP, such as http://localhost:4318; null: off. Headers come from OTEL_EXPORTER_OTLP_HEADERS. */
export async function openTracing(endpoint: string | null, service: string): Promise<Tracing> {
  if (endpoint === null) return NO_TRACING;
  const { openOtlp } = await import('./otlp.ts');
  return openOtlp(endpoint, service);
}

/** The trace of a generation that was given none: the same whoever asks. */
export function traceOf(id: string): string {
  const digest = createHash('sha256').update(`dailies trace ${id}`).digest('hex');
  return `00-${digest.slice(0, 32)}-${digest.slice(32, 48)}-01`;
}

/**
 * Traces from the HTTP request to the file, off unless OTEL_EXPORTER_OTLP_ENDPOINT is set; then the SDK is loaded, and not before (otlp.ts).
 *
 * A generation carries its trace in the ledger (`trace`, a W3C traceparent) or has one that follows from its id, so that its spans are one
 * trace whatever was redelivered, repaired or restarted in between. Spans hold ids, provider and outcome; never a prompt, link or key.
 */
import { createHash } from 'node:crypto';
import type { QueueOptions } from 'bullmq';

export interface Tracing {
  /** False: nothing is traced, so callers can save the work of looking up a trace. */
  readonly on: boolean;
  /** For BullMQ's queues and workers. */
  readonly bullmq?: NonNullable<QueueOptions['telemetry']>;
  /** Runs `work` in a span below `parent`. `work` may add attributes; if it throws, the span ends as an error. */
  span<T>(name: string, about: SpanAbout, work: (span: OpenSpan) => Promise<T>): Promise<T>;
  /** Sends the spans that are left, then ends tracing. */
  stop(): Promise<void>;
}

interface SpanAbout {
  /** A traceparent. Absent or unreadable: the span begins a trace of its own. */
  parent?: string | undefined;
  /** `server`: the span answers a caller's request. Default: a step of our own. */
  kind?: 'server' | undefined;
  attributes?: Record<string, string | number> | undefined;
}

interface OpenSpan {
  /** To pass on, in a header or in the ledger. */
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

/** The trace of a generation that was given none. It follows from the id, so every process answers the same. */
export function traceOf(id: string): string {
  const digest = createHash('sha256').update(`dailies trace ${id}`).digest('hex');
  return `00-${digest.slice(0, 32)}-${digest.slice(32, 48)}-01`;
}

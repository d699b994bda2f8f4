/** The OpenTelemetry SDK behind `Tracing`: OTLP over HTTP, in batches. Loaded only when traces are configured, and once in a process. */
import { ROOT_CONTEXT, SpanKind, SpanStatusCode, TraceFlags, context, propagation, trace, type Context, type TextMapGetter } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BasicTracerProvider, BatchSpanProcessor, ParentBasedSampler, SamplingDecision, type Sampler } from '@opentelemetry/sdk-trace-base';
import { BullMQOtel } from 'bullmq-otel';
import type { Tracing } from './tracing.ts';

/** Marks our own root spans. BullMQ makes a root span each time it looks into an idle queue; those are dropped. */
const WANTED = 'dailies.root';

const onlyWanted: Sampler = {
  shouldSample: (_context, _trace, _name, _kind, attributes) => ({
    decision: attributes[WANTED] === true ? SamplingDecision.RECORD_AND_SAMPLED : SamplingDecision.NOT_RECORD,
  }),
};

/** Tells the propagator how to read its carrier: an object with the one header in it. */
const CARRIER: TextMapGetter<{ traceparent: string }> = {
  get: ({ traceparent }, key) => (key === 'traceparent' ? traceparent : undefined),
  keys: () => ['traceparent'],
};

export function openOtlp(endpoint: string, service: string): Tracing {
  const exporter = new OTLPTraceExporter({ url: `${endpoint.replace(/\/+$/, '')}/v1/traces` });
  const provider = new BasicTracerProvider({
    resource: resourceFromAttributes({ 'service.name': service }),
    sampler: new ParentBasedSampler({ root: onlyWanted }),
    spanProcessors: [new BatchSpanProcessor(exporter, { scheduledDelayMillis: 1_000 })],
  });
  const propagator = new W3CTraceContextPropagator();
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  propagation.setGlobalPropagator(propagator);
  trace.setGlobalTracerProvider(provider);
  const tracer = provider.getTracer('dailies');

  return {
    on: true,
    bullmq: new BullMQOtel({ tracerName: 'dailies' }),
    span(name, { parent, kind, attributes }, work) {
      const above = contextFor(parent);
      const isRoot = trace.getSpan(above) === undefined;
      const options = {
        kind: isRoot || kind === 'server' ? SpanKind.SERVER : SpanKind.INTERNAL,
        attributes: { ...attributes, ...(isRoot ? { [WANTED]: true } : {}) },
      };
      return tracer.startActiveSpan(name, options, above, async (span) => {
        const { traceId, spanId, traceFlags } = span.spanContext();
        // The caller may have said that this trace is not sampled. Then nothing below it is sampled either.
        const flags = (traceFlags & TraceFlags.SAMPLED) === 0 ? '00' : '01';
        try {
          return await work({ traceparent: `00-${traceId}-${spanId}-${flags}`, set: (more) => void span.setAttributes(more) });
        } catch (error) {
          span.setStatus({ code: SpanStatusCode.ERROR, message: error instanceof Error ? error.name : 'thrown' });
          throw error;
        } finally {
          span.end();
        }
      });
    },
    async stop() {
      // A collector that is away must not hold up a stop.
      await provider.shutdown().catch(() => undefined);
      trace.disable();
      propagation.disable();
      context.disable();
    },
  };

  /** The active span if it belongs to the same trace (BullMQ's own span of the job), which nests ours below it; otherwise the given parent. */
  function contextFor(parent: string | undefined): Context {
    if (parent === undefined) return ROOT_CONTEXT;
    const given = propagator.extract(ROOT_CONTEXT, { traceparent: parent }, CARRIER);
    const active = trace.getSpan(context.active())?.spanContext();
    return active !== undefined && active.traceId === trace.getSpan(given)?.spanContext().traceId ? context.active() : given;
  }
}

/** What Prometheus reads: the process, and the requests by their patterns. Never a name, a prompt or an id. */
import { collectDefaultMetrics, Counter, Histogram, Registry } from 'prom-client';

export interface Metrics {
  answered(method: string, route: string, status: number, seconds: number): void;
  text(): Promise<string>;
  contentType: string;
  close(): void;
}

const METHODS = new Set(['GET', 'HEAD', 'POST', 'DELETE', 'OPTIONS', 'PUT', 'PATCH']);

export function createMetrics(): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry, prefix: 'dailies_api_' });
  const names = ['method', 'route', 'status'] as const;
  const requests = new Counter({ name: 'dailies_api_requests_total', help: 'Requests answered', labelNames: names, registers: [registry] });
  const durations = new Histogram({ name: 'dailies_api_request_seconds', help: 'Seconds from a request to the end of its answer', labelNames: ['method', 'route'] as const, buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 30], registers: [registry] });
  return {
    answered(method, route, status, seconds) {
      const known = METHODS.has(method) ? method : 'other';
      requests.inc({ method: known, route, status });
      durations.observe({ method: known, route }, seconds);
    },
    text: () => registry.metrics(),
    contentType: registry.contentType,
    close: () => registry.clear(),
  };
}

/**
 * `/metrics`. With METRICS_TOKEN it is open to a scraper that sends the token, before the sign-in, since a scraper has no session. Otherwise it needs
 * a sign-in. A wrong token is left to the sign-in, which limits attempts.
 */
import type { Secret } from '@dailies/queue';
import { type MetricsPage, bearsToken } from '@dailies/telemetry';
import type { RequestHandler } from 'express';

export interface MetricsRoutes {
  /** Mount it before the sign-in. */
  forToken: RequestHandler;
  /** Mount it after the sign-in. */
  forSignedIn: RequestHandler;
}

export function metricsRoutes(page: MetricsPage, token: Secret | null): MetricsRoutes {
  const show: RequestHandler = (_request, response, next) => {
    page.text().then((text) => response.set('content-type', page.contentType).set('cache-control', 'no-store').send(text), next);
  };
  return {
    forToken: (request, response, next) =>
      token !== null && bearsToken(request.headers.authorization, token.reveal()) ? void show(request, response, next) : next(),
    forSignedIn: show,
  };
}

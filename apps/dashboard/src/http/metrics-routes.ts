/**
 * `/metrics`. With METRICS_TOKEN it is open to a scraper that sends the token, before the sign-in, since a scraper has no session. Otherwise it needs
 * a sign-in.
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
    forToken: (request, response, next) => {
      const { authorization } = request.headers;
      if (token !== null && bearsToken(authorization, token.reveal())) return void show(request, response, next);
      if (!/^bearer /i.test(authorization ?? '')) return next();
      const message = token === null ? 'METRICS_TOKEN is not set at this dashboard.' : 'This token is not the METRICS_TOKEN of this dashboard.';
      response.status(401).set('WWW-Authenticate', 'Bearer').json({ error: 'Wrong token', message });
    },
    forSignedIn: show,
  };
}

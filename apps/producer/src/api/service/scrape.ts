/** `/metrics` for Prometheus, which has a token and no API key: METRICS_TOKEN, the same as at the worker and the dashboard. */
import type { Secret } from '@dailies/queue';
import { bearsToken, type MetricsPage } from '@dailies/telemetry';
import type { RequestHandler, Response } from 'express';

export function scrape(page: MetricsPage, token: Secret | null): RequestHandler {
  return async (request, response, next) => {
    if (token === null || !bearsToken(request.get('Authorization'), token.reveal())) return next();
    response.locals['route'] = '/metrics';
    await showMetrics(page, response);
  };
}

export async function showMetrics(page: MetricsPage, response: Response): Promise<void> {
  response.set('Cache-Control', 'no-store').set('Content-Type', page.contentType).send(await page.text());
}

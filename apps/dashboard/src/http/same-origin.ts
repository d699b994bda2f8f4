/**
 * Browsers send cookies and basic auth along with requests that another site started. So a request that may change something must come from our own
 * page: browsers say where a request comes from, and no page can forge that. A client that does not say it is no browser, and is not logged in by itself.
 */
import type { Request, RequestHandler } from 'express';
import { answerRefused } from './answer.ts';
import { onlyLooks } from './only-looks.ts';

export function requireSameOrigin(): RequestHandler {
  return (request, response, next) => {
    if (onlyLooks(request) || isOurs(request)) return next();
    answerRefused(request, response, 403, 'This request was started by another site. Act from the dashboard itself.');
  };
}

function isOurs(request: Request): boolean {
  const site = request.get('Sec-Fetch-Site');
  const origin = request.get('Origin');
  if (site !== undefined && site !== 'same-origin') return false;
  if (origin === undefined) return true;
  return URL.canParse(origin) && new URL(origin).host === request.host;
}

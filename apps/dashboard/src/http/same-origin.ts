/**
 * Browsers send basic auth along with requests that another site started. So whatever may change something must come from our own page:
 * browsers say where a request comes from, and no page can forge it. A client that says nothing is not a browser, and has no login by itself.
 */
import type { Request, RequestHandler } from 'express';

const HARMLESS = new Set(['GET', 'HEAD', 'OPTIONS']);

export function requireSameOrigin(): RequestHandler {
  return (request, response, next) => {
    if (HARMLESS.has(request.method) || isOurs(request)) {
      next();
      return;
    }
    response.status(403).json({ error: 'Refused', message: 'This request was started by another site. Act from the dashboard itself.' });
  };
}

function isOurs(request: Request): boolean {
  const site = request.get('Sec-Fetch-Site');
  const origin = request.get('Origin');
  if (site !== undefined && site !== 'same-origin') return false;
  if (origin === undefined) return true;
  return URL.canParse(origin) && new URL(origin).host === request.get('Host');
}

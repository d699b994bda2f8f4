/** Bull Board's page asks Google for its fonts. Ours asks nobody: the link is taken out, and the page falls back to the system's fonts. */
import type { RequestHandler } from 'express';

const FOREIGN = /<link\b[^>]*\bhref="https?:\/\/[^>]*>/gi;

export function ownPage(): RequestHandler {
  return (_request, response, next) => {
    const send = response.send.bind(response);
    response.send = (body: unknown) => {
      const isPage = typeof body === 'string' && response.get('Content-Type') === undefined;
      return send(isPage ? body.replace(FOREIGN, '') : body);
    };
    next();
  };
}

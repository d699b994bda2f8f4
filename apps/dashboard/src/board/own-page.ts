/**
 * Bull Board's page as we serve it. The original loads fonts from Google; we remove that link, and the page uses the system's fonts. Our own script
 * (assets/board.js) names the buttons that are only an icon, and leads to the login when the session has ended.
 */
import type { RequestHandler } from 'express';

const FOREIGN = /<link\b[^>]*\bhref="https?:\/\/[^>]*>/gi;
const OURS = '<link rel="stylesheet" href="/assets/board.css"><script type="module" src="/assets/board.js"></script></head>';

export function ownPage(): RequestHandler {
  return (_request, response, next) => {
    const send = response.send.bind(response);
    response.send = (body: unknown) => {
      const isPage = typeof body === 'string' && response.get('Content-Type') === undefined;
      return send(isPage ? body.replace(FOREIGN, '').replace('</head>', OURS) : body);
    };
    next();
  };
}

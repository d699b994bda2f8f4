/** The headers that restrict our pages in browsers: a page may load only what we serve, and no other page may frame it. */
import type { RequestHandler } from 'express';

const OURS = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "media-src 'self'",
  "font-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
];
/** Bull Board sets styles from its script, and has a <base>. */
const BOARD = OURS.map((rule) => (rule.startsWith('style-src') ? "style-src 'self' 'unsafe-inline'" : rule.replace("base-uri 'none'", "base-uri 'self'")));

export function securityHeaders(): RequestHandler {
  return (_request, response, next) => {
    response.set({
      'Content-Security-Policy': OURS.join('; '),
      'X-Frame-Options': 'DENY',
      'X-Content-Type-Options': 'nosniff',
      // Not `no-referrer`: with it, browsers send `Origin: null` from our own forms.
      'Referrer-Policy': 'same-origin',
      'Cross-Origin-Opener-Policy': 'same-origin',
      'Cross-Origin-Resource-Policy': 'same-origin',
      'Cache-Control': 'no-store',
    });
    next();
  };
}

export function boardHeaders(): RequestHandler {
  return (_request, response, next) => {
    response.set('Content-Security-Policy', BOARD.join('; '));
    next();
  };
}

/**
 * Without API keys anybody who reaches the port may do anything, so only programs of this machine are let in. A browser that another site leads here,
 * or a host name that was made to point at the loopback, is refused.
 */
import type { RequestHandler } from 'express';
import { Problem } from './problem.ts';

const LOCAL = /^(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/i;

export function localOnly(): RequestHandler {
  return (request, _response, next) => {
    const { host = '', origin } = request.headers;
    const site = request.get('Sec-Fetch-Site');
    if (!LOCAL.test(host)) throw refused('by its loopback address');
    if (origin !== undefined && origin !== `http://${host}`) throw refused('from a program, not from another site');
    if (site !== undefined && site !== 'same-origin' && site !== 'none') throw refused('from a program, not from another site');
    next();
  };
}

function refused(how: string): Problem {
  return new Problem(403, 'local-only', `No API_KEYS are configured: the API is open to this machine only. Call it ${how}, or configure keys.`);
}

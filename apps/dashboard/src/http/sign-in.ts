/**
 * HTTP basic auth. What is compared are keyed hashes, in constant time, so that neither length nor content of the password can be measured.
 * The password itself is never logged and not kept.
 */
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { RequestHandler } from 'express';
import type { AttemptLimit } from './attempt-limit.ts';

export interface Credentials {
  user: string;
  password: string;
}

export function requireSignIn(credentials: Credentials, limit: AttemptLimit): RequestHandler {
  const key = randomBytes(32);
  const digest = (login: string) => createHmac('sha256', key).update(login).digest();
  const expected = digest(`${credentials.user}:${credentials.password}`);

  return (request, response, next) => {
    const address = request.socket.remoteAddress ?? '';
    const login = loginOf(request.headers.authorization);
    if (login !== null) {
      const wait = limit.waitMs(address);
      if (wait > 0) {
        response.status(429).set('Retry-After', String(Math.ceil(wait / 1000))).type('text').send('Too many wrong passwords. Wait a little and try again.\n');
        return;
      }
      if (timingSafeEqual(digest(login), expected)) {
        limit.succeeded(address);
        next();
        return;
      }
      limit.failed(address);
    }
    response.status(401).set('WWW-Authenticate', 'Basic realm="Dailies", charset="UTF-8"').type('text').send('Sign in with DASHBOARD_USER and DASHBOARD_PASSWORD.\n');
  };
}

/** `user:password`, or null when nobody tried to sign in. */
function loginOf(header: string | undefined): string | null {
  const [, encoded] = /^basic ([a-z0-9+/=_-]+)$/i.exec(header ?? '') ?? [];
  return encoded === undefined ? null : Buffer.from(encoded, 'base64').toString('utf8');
}

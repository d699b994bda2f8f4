/**
 * Lets a request through that has a session, or a script's basic auth. A person is led to the login form. A browser is never asked for basic auth,
 * since it would then send the password along with requests that other sites start.
 */
import type { Request, RequestHandler, Response } from 'express';
import { html } from '../html/html.ts';
import { refuse, wantsPage } from '../http/answer.ts';
import { pageBefore } from '../http/page-before.ts';
import type { AttemptLimit } from './attempt-limit.ts';
import { attemptLogin } from './attempt-login.ts';
import { signIn } from './signed-in.ts';
import type { Users } from './users.ts';

export function requireSignIn(users: Users, limit: AttemptLimit): RequestHandler {
  return async (request, response, next) => {
    const { user } = request.session;
    const known = user === undefined ? null : users.find(user.name, user.mark);
    if (known !== null) {
      signIn(request, { user: known, by: 'session' });
      return next();
    }
    const login = loginOf(request);
    if (login === null) return askForLogin(request, response);
    const attempt = await attemptLogin(users, limit, { ...login, address: request.ip ?? '' });
    if (attempt.outcome === 'wait') {
      response.status(429).set('Retry-After', String(attempt.seconds)).type('text').send('Too many wrong passwords. Wait a little and try again.\n');
      return;
    }
    if (attempt.outcome === 'wrong') return askForLogin(request, response);
    signIn(request, { user: attempt.user, by: 'basic' });
    next();
  };
}

function askForLogin(request: Request, response: Response): void {
  const isPerson = request.headers.authorization === undefined && wantsPage(request);
  if (isPerson && request.method === 'GET') return response.redirect(303, `/login?to=${encodeURIComponent(request.originalUrl)}`);
  if (isPerson && request.method === 'POST') return sayNothingWasDone(request, response);
  // What a page asks beside itself (live parts, the board) is a browser's too: it would open its own window for the login.
  if (!isBrowser(request)) response.set('WWW-Authenticate', 'Basic realm="Dailies", charset="UTF-8"');
  response.status(401).json({ error: 'Sign in', message: 'Sign in at /login, or send basic auth with the name and password of a user of the dashboard.' });
}

/** The session ended while its page was open. A button is not pressed again by itself after the login: the person looks first. */
function sayNothingWasDone(request: Request, response: Response): void {
  const way = html`<a href="/login?to=${encodeURIComponent(pageBefore(request))}">Sign in again</a>`;
  refuse(request, response, { status: 401, title: 'Signed out', message: 'You are not signed in any more: nothing was done.', way });
}

/** Over plain HTTP from another machine browsers send no `Sec-Fetch-Site`. Then the `User-Agent` tells: all browsers begin it alike. */
function isBrowser(request: Request): boolean {
  return request.get('Sec-Fetch-Site') !== undefined || (request.get('User-Agent') ?? '').startsWith('Mozilla/');
}

/** Signs in by basic auth. Null when the request has none. */
function loginOf({ headers }: Request): { name: string; password: string } | null {
  const [, encoded] = /^basic ([a-z0-9+/=_-]+)$/i.exec(headers.authorization ?? '') ?? [];
  if (encoded === undefined) return null;
  const [name = '', ...password] = Buffer.from(encoded, 'base64').toString('utf8').split(':');
  return { name, password: password.join(':') };
}

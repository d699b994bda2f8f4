/**
 * Fences the actions of a session: each carries the session's token, in the form or as a header. A page of another site can neither read nor set
 * it. Scripts with basic auth have no session to steal; http/same-origin.ts checks where their requests come from.
 */
import { randomBytes, timingSafeEqual } from 'node:crypto';
import type { Request, RequestHandler } from 'express';
import { html } from '../html/html.ts';
import { refuse } from '../http/answer.ts';
import { rawField } from '../http/form.ts';
import { onlyLooks } from '../http/only-looks.ts';
import { pageBefore } from '../http/page-before.ts';
import { TOKEN_COOKIE } from './sessions.ts';
import { whoOf } from './signed-in.ts';

export function newToken(): string {
  return randomBytes(24).toString('base64url');
}

export function requireToken(): RequestHandler {
  return (request, response, next) => {
    const { token = '' } = request.session;
    if (whoOf(request).by === 'basic') return next();
    if (onlyLooks(request)) {
      response.cookie(TOKEN_COOKIE, token, { sameSite: 'strict', secure: request.secure, path: '/' });
      return next();
    }
    if (token !== '' && isSame(token, tokenIn(request))) return next();
    const message = 'Nothing was done: the page is of an earlier session, or this was not started by it. Look at it as it is now, and try again.';
    refuse(request, response, { status: 403, title: 'Refused', message, way: html`<a href="${pageBefore(request)}">To the page as it is now</a>` });
  };
}

function tokenIn(request: Request): string {
  return request.get('X-XSRF-TOKEN') ?? rawField(request, '_token');
}

function isSame(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one), Buffer.from(other)];
  return a.length === b.length && timingSafeEqual(a, b);
}

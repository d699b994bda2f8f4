/**
 * The session cookie: HttpOnly, SameSite=Lax (a link in a chat must open the page; every action is fenced by origin and token besides),
 * Secure where the request came by https. Beside it the action token as a cookie that scripts can read: Bull Board's own client (axios)
 * sends it back as X-XSRF-TOKEN. The token is compared with the one in the session, never with the cookie.
 */
import { scryptSync } from 'node:crypto';
import type { Store as Ledger } from '@dailies/queue';
import type { RequestHandler } from 'express';
import session from 'express-session';
import { LedgerSessions, SESSION_HOURS } from './session-store.ts';

declare module 'express-session' {
  interface SessionData {
    user: { name: string; mark: string };
    token: string;
    /** Shown once, on the next page. */
    notice: { text: string; isRefusal: boolean };
  }
}

export const COOKIE = 'dailies.session';
export const TOKEN_COOKIE = 'XSRF-TOKEN';

/** `secret`: see sessionSecret. */
export function sessions(ledger: Ledger, secret: string): RequestHandler {
  return session({
    name: COOKIE,
    secret,
    store: new LedgerSessions(ledger),
    resave: false,
    saveUninitialized: false,
    rolling: true,
    cookie: { httpOnly: true, sameSite: 'lax', secure: 'auto', maxAge: SESSION_HOURS * 3_600_000, path: '/' },
  });
}

/** What cookies are signed with. Changing the password makes every earlier cookie void. It takes scrypt, so that a cookie makes no password easy to guess. */
export function sessionSecret(password: string): string {
  return scryptSync(password, 'dailies session cookie', 32).toString('hex');
}

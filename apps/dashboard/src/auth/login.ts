/** The login form, the login and the log-out. A login always starts a session of a new id. */
import { writeAudit, type Log, type Store } from '@dailies/queue';
import { type Request, type Response, Router } from 'express';
import { formField, queryField, rawField } from '../http/form.ts';
import { html } from '../html/html.ts';
import { page } from '../html/page.ts';
import type { Place } from '../html/place.ts';
import { newToken } from './action-token.ts';
import type { AttemptLimit } from './attempt-limit.ts';
import { attemptLogin } from './attempt-login.ts';
import { COOKIE, TOKEN_COOKIE } from './sessions.ts';
import type { User, Users } from './users.ts';

interface Parts {
  users: Users;
  limit: AttemptLimit;
  store: Store;
  place: Place;
  log: Log;
}

export function login({ users, limit, store, place, log }: Parts): Router {
  const router = Router();
  router.get('/login', (request, response) => {
    const { user } = request.session;
    if (user !== undefined && users.find(user.name, user.mark) !== null) return response.redirect(303, target(request.query['to']));
    const complaint = queryField(request, 'undone') === '' ? undefined : 'You are not signed in any more: nothing was done.';
    sendForm(request, response, { place, status: 200, complaint });
  });
  router.post('/login', enter);
  router.post('/logout', (request, response, next) => {
    request.session.destroy((error: unknown) => {
      if (error != null) return next(error);
      response.clearCookie(COOKIE).clearCookie(TOKEN_COOKIE).redirect(303, '/login');
    });
  });

  async function enter(request: Request, response: Response): Promise<void> {
    const name = formField(request, 'name');
    const address = request.ip ?? '';
    const attempt = await attemptLogin(users, limit, { name, password: rawField(request, 'password'), address });
    const record = { what: 'login', target: '', address };
    switch (attempt.outcome) {
      case 'wait':
        response.set('Retry-After', String(attempt.seconds));
        return sendForm(request, response, { place, status: 429, complaint: `Too many wrong passwords. Try again in ${attempt.seconds} s.` });
      case 'wrong':
        log.warn({ user: name.slice(0, 64), address }, 'wrong user or password');
        await writeAudit(store, { ...record, who: name.slice(0, 64), role: '', outcome: 'refused: wrong user or password' });
        return sendForm(request, response, { place, status: 401, complaint: 'Wrong user or password.' });
      case 'right':
        await begin(request, attempt.user);
        await writeAudit(store, { ...record, who: attempt.user.name, role: attempt.user.role, outcome: 'done' });
        response.redirect(303, target(formField(request, 'to')));
    }
  }
  return router;
}

function begin(request: Request, user: User): Promise<void> {
  return new Promise((resolve, reject) => {
    request.session.regenerate((error: unknown) => {
      if (error != null) return reject(error instanceof Error ? error : new Error('no session'));
      request.session.user = { name: user.name, mark: user.mark };
      request.session.token = newToken();
      request.session.save((fault: unknown) => (fault == null ? resolve() : reject(fault instanceof Error ? fault : new Error('no session'))));
    });
  });
}

/** Only a path of this dashboard. Any other address would make this an open redirect. */
function target(to: unknown): string {
  return typeof to === 'string' && /^\/(?![/\\])[^\r\n\\]*$/.test(to) && !to.startsWith('/login') ? to : '/';
}

function sendForm(request: Request, response: Response, { place, status, complaint }: { place: Place; status: number; complaint?: string | undefined }): void {
  const to = formField(request, 'to') || target(request.query['to']);
  const form = html`<h1>Dailies</h1>
    <form method="post" action="/login" class="login">
      ${complaint === undefined ? null : html`<p class="notice refusal" role="alert">${complaint}</p>`}
      <label>User <input name="name" autocomplete="username" required autofocus value="${formField(request, 'name')}"></label>
      <label>Password <input name="password" type="password" autocomplete="current-password" required></label>
      <input type="hidden" name="to" value="${to}">
      <button class="primary">Sign in</button>
    </form>`;
  response.status(status).type('html').send(page({ title: 'Sign in', place, request: null, main: form }));
}

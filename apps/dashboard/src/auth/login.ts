/** The login form, the login and the log-out. A login always starts a session of a new id. */
import { writeAudit, type Log, type Store } from '@dailies/queue';
import { type Request, type Response, Router } from 'express';
import { formField } from '../http/form.ts';
import { html } from '../html/html.ts';
import { page } from '../html/page.ts';
import type { Place } from '../html/place.ts';
import { newToken } from './action-token.ts';
import type { AttemptLimit } from './attempt-limit.ts';
import { TOKEN_COOKIE } from './sessions.ts';
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
    if (request.session.user !== undefined && users.find(request.session.user.name, request.session.user.mark) !== null) return response.redirect(303, target(request.query['to']));
    sendForm(place, request, response, 200, '');
  });
  router.post('/login', enter);
  router.post('/logout', (request, response, next) => {
    request.session.destroy((error: unknown) => (error == null ? response.clearCookie('dailies.session').clearCookie(TOKEN_COOKIE).redirect(303, '/login') : next(error)));
  });

  async function enter(request: Request, response: Response): Promise<void> {
    const [name, password] = [formField(request, 'name'), passwordIn(request)];
    const address = request.ip ?? '';
    const wait = limit.waitMs(address);
    const user = wait > 0 ? 'busy' : await users.verify(name, password);
    if (user === 'busy') {
      response.set('Retry-After', String(Math.max(1, Math.ceil(wait / 1000))));
      return sendForm(place, request, response, 429, `Too many wrong passwords. Try again in ${Math.max(1, Math.ceil(wait / 1000))} s.`);
    }
    if (user === null) {
      limit.failed(address);
      log.warn({ user: name.slice(0, 64), address }, 'wrong user or password');
      await writeAudit(store, { who: name.slice(0, 64), role: '', what: 'login', target: '', outcome: 'refused: wrong user or password', address });
      return sendForm(place, request, response, 401, 'Wrong user or password.');
    }
    limit.succeeded(address);
    await begin(request, user);
    await writeAudit(store, { who: user.name, role: user.role, what: 'login', target: '', outcome: 'done', address });
    response.redirect(303, target(formField(request, 'to')));
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

/** Only a path of ours: an address of somebody else would be an open redirect. */
function target(to: unknown): string {
  return typeof to === 'string' && /^\/(?![/\\])[^\r\n\\]*$/.test(to) && !to.startsWith('/login') ? to : '/';
}

function sendForm(place: Place, request: Request, response: Response, status: number, complaint: string): void {
  const to = formField(request, 'to') || target(request.query['to']);
  const form = html`<h1>Dailies</h1>
    <form method="post" action="/login" class="login">
      ${complaint === '' ? null : html`<p class="notice refusal" role="alert">${complaint}</p>`}
      <label>User <input name="name" autocomplete="username" required autofocus value="${formField(request, 'name')}"></label>
      <label>Password <input name="password" type="password" autocomplete="current-password" required></label>
      <input type="hidden" name="to" value="${to}">
      <button class="primary">Sign in</button>
    </form>`;
  response.status(status).type('html').send(page({ title: 'Sign in', place, request: null, main: form }));
}

/** As it was typed: blanks may belong to it. */
function passwordIn(request: Request): string {
  const body: unknown = request.body;
  return typeof body === 'object' && body !== null && 'password' in body && typeof body.password === 'string' ? body.password : '';
}

/** The frame of every page: navigation, the signed-in user, the notice of the last action, and the main part. */
import type { Request } from 'express';
import { BOARD_PATH } from '../board/board-path.ts';
import { maybeWhoOf, type SignedIn } from '../auth/signed-in.ts';
import { html, type Content, type Html } from './html.ts';
import type { Place } from './place.ts';

export interface Page {
  title: string;
  place: Place;
  /** Null: nobody is signed in yet. */
  request: Request | null;
  main: Content;
  /** The changes that renew the page: `*`, `batch:NAME` or `id:ID`. Absent: it is never renewed. */
  live?: string;
  /** Whether it has charts. */
  charts?: boolean;
}

const LINKS = [
  ['/', 'Overview'],
  ['/generations', 'Generations'],
  ['/batches', 'Batches'],
  ['/inbox', 'Unresolved'],
  ['/audit', 'Audit'],
  [BOARD_PATH, 'Jobs'],
] as const;

export function page({ title, place, request, main, live, charts = false }: Page): string {
  const document = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>${title === 'Dailies' ? title : `${title} · Dailies`}</title>
<link rel="icon" href="/assets/icon.svg" type="image/svg+xml">
${charts ? html`<link rel="stylesheet" href="/assets/uplot.css"><script src="/assets/uplot.js" defer></script>` : null}
<link rel="stylesheet" href="/assets/style.css">
<script type="module" src="/assets/page.js"></script>
</head>
<body>
<a class="skip" href="#main">Skip to the content</a>
${request === null ? null : header(request, place)}
<main id="main" tabindex="-1"${live === undefined ? null : html` data-live="${live}"`}>
${request === null ? null : notice(request)}
${main}
</main>
</body>
</html>
`;
  return document.text;
}

function header(request: Request, place: Place): Html {
  const who = maybeWhoOf(request);
  const [here = '/'] = request.originalUrl.split('?', 1);
  const current = (path: string): boolean => (path === '/' ? here === '/' : here.startsWith(path));
  const links = LINKS.map(([path, name]) => html`<li><a href="${path}"${current(path) ? html` aria-current="page"` : null}>${name}</a></li>`);
  return html`<header class="top">
<a class="brand" href="/">Dailies</a>
<span class="place ${place.tone}">${place.label}</span>
<nav aria-label="Pages"><ul>${links}</ul></nav>
${who === null ? null : signedInAs(request, who)}
</header>
<p id="live-state" class="live-state" role="status" hidden></p>`;
}

/** A user of basic auth has no session to sign out of. */
function signedInAs(request: Request, { user, by }: SignedIn): Html {
  const signOut = by === 'session' ? html` <button class="quiet">Sign out</button>` : null;
  return html`<form method="post" action="/logout" class="who">${token(request)}<span>${user.name} <small>${user.role}</small></span>${signOut}</form>`;
}

/**
 * It takes the focus: it is what a screen reader is to say first, and the next Tab leads on from it. A live page that asks for its parts shows none, and
 * must leave it to the page that the person is led to.
 */
function notice(request: Request): Html | null {
  const { notice: said } = request.session;
  if (said === undefined || request.get('X-Live') !== undefined) return null;
  delete request.session.notice;
  return html`<p class="notice ${said.isRefusal ? 'refusal' : 'done'}" role="${said.isRefusal ? 'alert' : 'status'}" tabindex="-1" autofocus>${said.text}</p>`;
}

/** The session's token as a field. Every form that acts must contain it. */
export function token(request: Request): Html {
  return html`<input type="hidden" name="_token" value="${request.session.token ?? ''}">`;
}

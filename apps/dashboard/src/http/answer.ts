/** How an action answers: a person with a page is led back to it with a notice; a script gets JSON and a status. */
import type { Request, Response } from 'express';
import { html } from '../html/html.ts';
import { page } from '../html/page.ts';

export interface Outcome {
  done: boolean;
  /** For people. */
  message: string;
}

function wantsPage(request: Request): boolean {
  return request.accepts(['json', 'html']) === 'html';
}

/** `to`: the page that shows what became of it. */
export function answerAction(request: Request, response: Response, { done, message }: Outcome, to: string): void {
  if (!wantsPage(request)) {
    response.status(done ? 200 : 409).json({ done, message });
    return;
  }
  request.session.notice = { text: message, isRefusal: !done };
  response.redirect(303, to);
}

export function answerRefused(request: Request, response: Response, status: number, message: string, title = 'Refused'): void {
  response.status(status);
  if (!wantsPage(request)) {
    response.json({ error: title, message });
    return;
  }
  const main = html`<h1>${title}</h1><p class="notice refusal" role="alert">${message}</p><p><a href="/">To the overview</a></p>`;
  response.type('html').send(page({ title, place: { label: '', tone: 'none' }, request: null, main }));
}

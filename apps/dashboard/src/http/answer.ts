/** How the dashboard answers. After an action a person is led back to a page with a notice; a script gets JSON and a status. */
import type { Request, Response } from 'express';
import { html, type Html } from '../html/html.ts';
import { type Page, page } from '../html/page.ts';
import type { Place } from '../html/place.ts';

/** Answers with a page for the signed-in user. */
export type ShowPage = (request: Request, response: Response, shown: Omit<Page, 'place' | 'request'>) => void;

export function showPages(place: Place): ShowPage {
  return (request, response, shown) => void response.type('html').send(page({ ...shown, place, request }));
}

export interface Outcome {
  done: boolean;
  /** For people. */
  message: string;
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

export function answerNotFound(request: Request, response: Response, message: string): void {
  refuse(request, response, { status: 404, title: 'Not found', message });
}

export function answerRefused(request: Request, response: Response, status: number, message: string): void {
  refuse(request, response, { status, title: 'Refused', message });
}

interface Refused {
  status: number;
  title: string;
  message: string;
  /** The path that a person is led to. */
  way?: Html;
}

/** A page for a person, JSON for a script. */
export function refuse(request: Request, response: Response, { status, title, message, way = html`<a href="/">To the overview</a>` }: Refused): void {
  response.status(status);
  if (!wantsPage(request)) {
    response.json({ error: title, message });
    return;
  }
  const main = html`<h1>${title}</h1><p class="notice refusal" role="alert">${message}</p><p>${way}</p>`;
  response.type('html').send(page({ title, place: { label: '', tone: 'none' }, request: null, main }));
}

export function wantsPage(request: Request): boolean {
  return request.accepts(['json', 'html']) === 'html';
}

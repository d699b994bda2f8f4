/**
 * Writes every action of a signed-in person to the audit log and the process log: what was done, what was refused, and what failed. Every request
 * that may change something is an action. The routes may describe it in plainer words.
 */
import { type Log, type Store, writeAudit } from '@dailies/queue';
import type { Request, RequestHandler, Response } from 'express';
import { maybeWhoOf } from '../auth/signed-in.ts';
import { redactText } from '../html/redact.ts';
import { onlyLooks } from '../http/only-looks.ts';

interface Words {
  what?: string;
  target?: string;
  outcome?: string;
}

const words = new WeakMap<Response, Words>();

/** Says what the action of this request is, or what became of it. */
export function sayAction(response: Response, more: Words): void {
  words.set(response, { ...words.get(response), ...more });
}

export function recordActions(store: Store, log: Log): RequestHandler {
  return (request, response, next) => {
    if (onlyLooks(request)) return next();
    const refusal = keepRefusal(response);
    onceAnswered(response, () => {
      const who = maybeWhoOf(request);
      if (who === null) return;
      const { what = plainWhat(request), target = '', outcome = outcomeOf(response, refusal()) } = words.get(response) ?? {};
      const entry = { who: who.user.name, role: who.user.role, what: redactText(what), target, outcome: redactText(outcome), address: request.ip ?? '' };
      log.info(entry, 'action in the dashboard');
      writeAudit(store, entry).catch((error: unknown) => log.error({ err: error, ...entry }, 'this action is missing in the audit log'));
    });
    next();
  };
}

/** Resolves when the route answers, even if the browser has left meanwhile: an action on thousands may outlast its page. */
function onceAnswered(response: Response, record: () => void): void {
  const end = response.end.bind(response) as (...answer: unknown[]) => Response;
  let isRecorded = false;
  response.end = (...answer: unknown[]) => {
    if (!isRecorded) record();
    isRecorded = true;
    return end(...answer);
  };
}

function plainWhat(request: Request): string {
  return `${request.method} ${request.originalUrl.split('?', 1)[0] ?? ''}`;
}

function outcomeOf(response: Response, refusal: string): string {
  if (response.statusCode < 400) return 'done';
  return `${response.statusCode < 500 ? 'refused' : 'failed'} (${response.statusCode})${refusal === '' ? '' : `: ${refusal}`}`;
}

/** The message of a JSON answer, as the person sees it. */
function keepRefusal(response: Response): () => string {
  let message = '';
  const json = response.json.bind(response);
  response.json = (body: unknown) => {
    if (typeof body === 'object' && body !== null && 'message' in body && typeof body.message === 'string') message = body.message;
    return json(body);
  };
  return () => message;
}

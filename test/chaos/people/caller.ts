/**
 * A caller of the API as docs/http-api.md advises it: who gets no answer sends the same request again with the same Idempotency-Key, to whichever API is
 * there. It never takes silence for an answer.
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as rest } from 'node:timers/promises';
import type { ChaosApi } from './chaos-api.ts';

export interface Answer {
  status: number;
  body: { outcome?: string; message?: string; code?: string };
  /** More than once: nobody knows what became of the earlier ones. */
  tries: number;
}

export interface Call {
  method: 'POST' | 'DELETE';
  path: string;
  /** Sent as JSON; text as NDJSON. */
  body?: object | string;
}

const ANSWERS_WITHIN_MS = 10_000;
const REST_MS = 20;

export async function call(apis: () => readonly ChaosApi[], { method, path, body }: Call): Promise<Answer> {
  const headers = {
    ...(method === 'POST' ? { 'Idempotency-Key': randomUUID() } : {}),
    ...(body === undefined ? {} : { 'Content-Type': typeof body === 'string' ? 'application/x-ndjson' : 'application/json' }),
  };
  const content = body === undefined || typeof body === 'string' ? body : JSON.stringify(body);
  for (let tries = 0; ; ) {
    const url = apis().find((api) => !api.isGone() && api.url() !== undefined)?.url();
    if (url !== undefined) {
      tries += 1;
      const answer = await ask(`${url}${path}`, { method, headers, ...(content === undefined ? {} : { body: content }) });
      if (answer !== null && answer.status < 500) return { ...answer, tries };
    }
    await rest(REST_MS);
  }
}

/** Null: no answer, or not all of it. */
async function ask(url: string, request: RequestInit): Promise<Omit<Answer, 'tries'> | null> {
  try {
    const response = await fetch(url, { ...request, signal: AbortSignal.timeout(ANSWERS_WITHIN_MS) });
    return { status: response.status, body: (await response.json()) as Answer['body'] };
  } catch {
    return null;
  }
}

/** Fields of a form or a query: text, and nothing else. */
import type { Request } from 'express';

export function formField(request: Request, name: string): string {
  return textOf(sent(request, name));
}

/**
 * As it was sent: blanks may belong to a password, and a filter that is cut off would find more than was meant. The body as a whole is bounded.
 */
export function rawField(request: Request, name: string): string {
  const value = sent(request, name);
  return typeof value === 'string' ? value : '';
}

function sent({ body }: Request, name: string): unknown {
  return typeof body === 'object' && body !== null ? Reflect.get(body, name) : undefined;
}

export function queryField(request: Request, name: string): string {
  return textOf(request.query[name]);
}

/** Once, several times, or not at all. */
export function textsOf(value: unknown): string[] {
  return (Array.isArray(value) ? value : [value]).map(textOf).filter((text) => text !== '');
}

/** Trimmed and bounded; of several, the first. */
export function textOf(value: unknown): string {
  const [first] = Array.isArray(value) ? value : [value];
  return typeof first === 'string' ? first.trim().slice(0, 4_000) : '';
}

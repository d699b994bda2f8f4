/** Reads fields of a form or a query as text. */
import type { Request } from 'express';

export function formField(request: Request, name: string): string {
  return textOf(sent(request, name));
}

/**
 * The field exactly as it was sent: blanks may belong to a password, and a shortened filter would find more than was meant. The size of the whole
 * body is bounded elsewhere.
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

/** All values of a field that may be given several times, or not at all. */
export function textsOf(value: unknown): string[] {
  return (Array.isArray(value) ? value : [value]).map(textOf).filter((text) => text !== '');
}

/** The first value of the field, trimmed and bounded. */
export function textOf(value: unknown): string {
  const [first] = Array.isArray(value) ? value : [value];
  return typeof first === 'string' ? first.trim().slice(0, 4_000) : '';
}

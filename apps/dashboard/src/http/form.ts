/** Fields of a form or a query: text, trimmed, and nothing else. */
import type { Request } from 'express';

export function formField(request: Request, name: string): string {
  return textOf((request.body as Record<string, unknown> | undefined)?.[name]);
}

export function queryField(request: Request, name: string): string {
  return textOf(request.query[name]);
}

/** Once, several times, or not at all. */
export function textsOf(value: unknown): string[] {
  return (Array.isArray(value) ? value : [value]).map(textOf).filter((text) => text !== '');
}

export function textOf(value: unknown): string {
  const [first] = Array.isArray(value) ? value : [value];
  return typeof first === 'string' ? first.trim().slice(0, 4_000) : '';
}

/** Fields of a form or a query: text, trimmed, and nothing else. */
import type { Request } from 'express';

export function formField(request: Request, name: string): string {
  return textOf((request.body as Record<string, unknown> | undefined)?.[name]);
}

export function queryField(request: Request, name: string): string {
  return textOf(request.query[name]);
}

/** A filter as an address has it, whole: cut off, it would find more than was meant. Each sign of it may take nine, and the body is bounded. */
export function filterField(request: Request, name: string): string {
  const value = (request.body as Record<string, unknown> | undefined)?.[name];
  return typeof value === 'string' ? value : '';
}

/** Once, several times, or not at all. */
export function textsOf(value: unknown): string[] {
  return (Array.isArray(value) ? value : [value]).map(textOf).filter((text) => text !== '');
}

export function textOf(value: unknown): string {
  const [first] = Array.isArray(value) ? value : [value];
  return typeof first === 'string' ? first.trim().slice(0, 4_000) : '';
}

/**
 * One operation of the API: its path, the scope that it needs, its documentation and its handler. Both the router and the OpenAPI document are made
 * of these, so neither can have one that the other lacks.
 */
import type { Scope } from '@dailies/queue';
import type { Request, Response } from 'express';
import type { ZodOpenApiOperationObject } from 'zod-openapi';

export interface Operation {
  method: 'get' | 'post' | 'delete';
  /** In OpenAPI's form: `/v1/generations/{id}`. */
  path: string;
  /** The scope that a key must have. Null: open to everybody, and never limited. */
  scope: Scope | null;
  document: ZodOpenApiOperationObject;
  handle: (request: Request, response: Response) => Promise<void> | void;
}

/** The path in Express' form. */
export function expressPath(path: string): string {
  return path.replaceAll(/\{(\w+)\}/g, ':$1');
}

export function pathParameter(request: Request, name: string): string {
  const value: unknown = request.params[name];
  return typeof value === 'string' ? value : '';
}

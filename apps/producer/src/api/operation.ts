/**
 * One operation: its way, who may use it, what it is documented as, what it does. The router and the OpenAPI document are both made of
 * these, so that neither can know one that the other does not.
 */
import type { Scope } from '@dailies/queue';
import type { Request, Response } from 'express';
import type { ZodOpenApiOperationObject } from 'zod-openapi';

export interface Operation {
  method: 'get' | 'post' | 'delete';
  /** As OpenAPI writes it: `/v1/generations/{id}`. */
  path: string;
  /** Null: open to everybody, and never limited. */
  scope: Scope | null;
  document: ZodOpenApiOperationObject;
  handle: (request: Request, response: Response) => Promise<void> | void;
}

/** As Express writes it. */
export function expressPath(path: string): string {
  return path.replaceAll(/\{(\w+)\}/g, ':$1');
}

export function pathParameter(request: Request, name: string): string {
  const value: unknown = request.params[name];
  return typeof value === 'string' ? value : '';
}

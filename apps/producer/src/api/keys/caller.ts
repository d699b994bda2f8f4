/** The caller of a request: the name of its API key; null when the API needs no key. */
import type { Scope } from '@dailies/queue';
import type { Response } from 'express';

export interface Caller {
  name: string | null;
  scopes: readonly Scope[];
}

const NOBODY: Caller = { name: null, scopes: [] };
/** The caller of an API without keys: every program of this machine may do everything. */
export const LOCAL: Caller = { name: null, scopes: ['admin'] };

export function setCaller(response: Response, caller: Caller): void {
  response.locals['caller'] = caller;
}

export function callerOf(response: Response): Caller {
  return (response.locals['caller'] as Caller | undefined) ?? NOBODY;
}

export function mayDo(caller: Caller, scope: Scope): boolean {
  return caller.scopes.includes(scope) || caller.scopes.includes('admin');
}

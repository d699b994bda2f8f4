/** Who is asking: the name of its API key, null where the API asks for none. */
import type { Scope } from '@dailies/queue';
import type { Response } from 'express';

export interface Caller {
  name: string | null;
  scopes: readonly Scope[];
}

const NOBODY: Caller = { name: null, scopes: [] };
/** Without keys every program of this machine may do everything. */
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

/** The signed-in person or script that a request comes from. */
import type { Request } from 'express';
import type { User } from './users.ts';

export interface SignedIn {
  user: User;
  /** A browser's session, whose actions need its token, or a script's basic auth. */
  by: 'session' | 'basic';
}

const requests = new WeakMap<Request, SignedIn>();

export function signIn(request: Request, who: SignedIn): void {
  requests.set(request, who);
}

export function whoOf(request: Request): SignedIn {
  const who = requests.get(request);
  if (who === undefined) throw new Error('asked who it is before the sign-in');
  return who;
}

export function maybeWhoOf(request: Request): SignedIn | null {
  return requests.get(request) ?? null;
}

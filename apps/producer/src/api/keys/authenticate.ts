/**
 * Checks bearer keys. Every configured hash is compared in constant time, even after one has matched, so neither the time nor the answer tells how
 * close a wrong key was. Wrong keys are counted by address. A key is never logged.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { ApiKey, Scope } from '@dailies/queue';
import type { RequestHandler } from 'express';
import { Problem } from '../http/problem.ts';
import { type Caller, callerOf, mayDo, setCaller } from './caller.ts';

const CHALLENGE = 'Bearer realm="dailies"';

/** `limitWrongKeys` limits wrong keys only: a caller with a right key does not wait because of a neighbour at the same address. */
export function authenticate(keys: readonly ApiKey[], limitWrongKeys: RequestHandler): RequestHandler {
  return (request, response, next) => {
    const header = request.get('Authorization');
    if (header === undefined) throw refused('no-key', 'Send an API key: Authorization: Bearer KEY.', CHALLENGE);
    const [, given] = /^Bearer +([\x21-\x7e]+) *$/i.exec(header) ?? [];
    const caller = given === undefined ? null : callerWith(given, keys);
    if (caller === null) {
      const wrong = refused('wrong-key', 'This API key is not known here.', `${CHALLENGE}, error="invalid_token"`);
      void limitWrongKeys(request, response, (error?: unknown) => next(error ?? wrong));
      return;
    }
    setCaller(response, caller);
    next();
  };
}

export function requireScope(scope: Scope): RequestHandler {
  return (_request, response, next) => {
    if (!mayDo(callerOf(response), scope)) {
      throw new Problem(403, 'scope', `This needs a key with the scope ${scope}.`, {
        headers: { 'WWW-Authenticate': `${CHALLENGE}, error="insufficient_scope", scope="${scope}"` },
      });
    }
    next();
  };
}

function callerWith(given: string, keys: readonly ApiKey[]): Caller | null {
  const hash = createHash('sha256').update(given).digest();
  let found: Caller | null = null;
  for (const key of keys) if (timingSafeEqual(hash, key.hash)) found = key;
  return found;
}

function refused(code: 'no-key' | 'wrong-key', detail: string, challenge: string): Problem {
  return new Problem(401, code, detail, { headers: { 'WWW-Authenticate': challenge } });
}

/**
 * Limits the requests of each key, and the wrong keys of each address, in memory and for each process. A caller over a limit is told when to come
 * again, which costs neither a Redis command nor the reading of a body.
 */
import type { RequestHandler } from 'express';
import { ipKeyGenerator, rateLimit } from 'express-rate-limit';
import { Problem } from '../http/problem.ts';
import { callerOf } from './caller.ts';

const MINUTE_MS = 60_000;
const WRONG_KEYS_PER_MINUTE = 20;
/** An IPv6 customer has a whole network, whose addresses count as one. */
const IPV6_NETWORK = 56;

/** Null: there is no limit. */
export function limitRequests(perMinute: number): RequestHandler | null {
  if (perMinute === 0) return null;
  return rateLimit({
    windowMs: MINUTE_MS,
    limit: perMinute,
    standardHeaders: 'draft-8',
    legacyHeaders: false,
    identifier: 'requests-per-key',
    validate: false,
    keyGenerator: (_request, response) => callerOf(response).name ?? '',
    handler: (_request, response) => {
      throw tooMany('too-many-requests', `This key has made ${perMinute} requests in this minute.`, response.getHeader('Retry-After'));
    },
  });
}

/** The limit for requests with a wrong key. */
export function limitWrongKeys(): RequestHandler {
  return rateLimit({
    windowMs: MINUTE_MS,
    limit: WRONG_KEYS_PER_MINUTE,
    standardHeaders: false,
    legacyHeaders: false,
    identifier: 'wrong-keys',
    validate: false,
    keyGenerator: (request) => ipKeyGenerator(request.ip ?? '', IPV6_NETWORK),
    handler: () => {
      throw tooMany('too-many-wrong-keys', 'Too many wrong keys came from this address.', undefined);
    },
  });
}

function tooMany(code: 'too-many-requests' | 'too-many-wrong-keys', detail: string, retryAfter: unknown): Problem {
  return new Problem(429, code, `${detail} Come again later.`, {
    headers: { 'Retry-After': typeof retryAfter === 'string' ? retryAfter : String(MINUTE_MS / 1000) },
  });
}

/** What each role may do: a viewer looks, an operator acts, an admin may also act on whole queues at once. */
import type { Role } from '@dailies/queue';
import type { Request, RequestHandler } from 'express';
import { answerRefused } from '../http/answer.ts';
import { onlyLooks } from '../http/only-looks.ts';
import { whoOf } from './signed-in.ts';
import { mayAct } from './users.ts';

/** For every request that may change something. */
export function requireRole(needed: (request: Request) => Role = () => 'operator'): RequestHandler {
  return (request, response, next) => {
    const role = onlyLooks(request) ? 'viewer' : needed(request);
    if (mayAct(whoOf(request).user, role)) return next();
    answerRefused(request, response, 403, `This needs the role ${role}; yours is ${whoOf(request).user.role}.`);
  };
}

/** Bull Board's routes that act on one job, or pause one queue. All others, later ones included, concern many and need an admin. */
const SMALL = [/^\/api\/queues\/[^/]+\/[^/]+\/(retry|clean|promote)(\/(completed|failed))?$/, /^\/api\/queues\/[^/]+\/(pause|resume)$/];
const MANY = [/^\/api\/queues\/[^/]+\/(retry|clean)\/[^/]+$/];

/** `path`: relative to the board's own path. */
export function roleOnBoard({ path }: Request): Role {
  const isMany = MANY.some((route) => route.test(path));
  return !isMany && SMALL.some((route) => route.test(path)) ? 'operator' : 'admin';
}

/** Whether a request only reads. A request that may change something is fenced, needs a role, and goes to the audit log. */
import type { Request } from 'express';

const LOOKING = new Set(['GET', 'HEAD', 'OPTIONS']);

export function onlyLooks({ method }: Request): boolean {
  return LOOKING.has(method);
}

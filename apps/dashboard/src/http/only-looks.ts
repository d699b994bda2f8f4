/** Whether a request only looks: what may change something is fenced, needs a role, and is written down. */
import type { Request } from 'express';

const LOOKING = new Set(['GET', 'HEAD', 'OPTIONS']);

export function onlyLooks({ method }: Request): boolean {
  return LOOKING.has(method);
}

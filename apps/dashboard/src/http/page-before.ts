/** The page that a request was sent from, as a path of ours. A person whose action could not be carried out is led back there. */
import type { Request } from 'express';

export function pageBefore(request: Request): string {
  const referrer = request.get('Referer') ?? '';
  if (!URL.canParse(referrer)) return '/';
  const { host, pathname, search } = new URL(referrer);
  // Two slashes in front would be another host.
  return host === request.host ? `${pathname.replace(/^[/\\]+/, '/')}${search}` : '/';
}

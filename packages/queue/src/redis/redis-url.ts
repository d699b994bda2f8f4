/**
 * A Redis address as people may see it: where it is and who logs in, never the password.
 * The query is left out as a whole, since drivers take options from it, the password among them.
 */
import { redisUrlFault } from './redis-address.ts';

export function describeRedisUrl(url: string): string {
  if (redisUrlFault(url) !== null) return '(not an address)';
  const [, scheme = '', authority = '', path = ''] = /^([a-z+]+):\/\/([^/?#]*)([^?#]*)/i.exec(url) ?? [];
  const at = authority.lastIndexOf('@');
  const [user = '', ...password] = at === -1 ? [] : authority.slice(0, at).split(':');
  const login = at === -1 ? '' : `${user}${password.join('') === '' ? '' : ':***'}@`;
  return `${scheme}://${login}${authority.slice(at + 1)}${path}`;
}

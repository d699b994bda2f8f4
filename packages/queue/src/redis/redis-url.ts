/**
 * A Redis address as people may see it: where it is and who logs in, never the password.
 * The query is left out as a whole, since drivers take options from it, the password among them.
 */
export function describeRedisUrl(url: string): string {
  if (!URL.canParse(url)) return '(not an address)';
  const { protocol, username, password, host, pathname } = new URL(url);
  const login = username !== '' || password !== '' ? `${username}${password === '' ? '' : ':***'}@` : '';
  return `${protocol}//${login}${host}${pathname}`;
}

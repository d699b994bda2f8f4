/** A link as people may see it, without what signs it or signs in: no query, no fragment, no user information. */
export function linkWithoutQuery(link: string): string {
  if (link.startsWith('data:')) return 'data:';
  return (link.split(/[?#]/, 1)[0] ?? '').replace(/^([a-z][a-z0-9+.-]*:[/\\]*)[^/\\]*@/i, '$1');
}

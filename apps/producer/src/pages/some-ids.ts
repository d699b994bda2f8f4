/** Ids for people: a handful, and what names all of them. Pure. */
const HANDFUL = 5;

/** `all`: the command that does. */
export function someIds(ids: readonly string[], all: string): string {
  const more = ids.length - HANDFUL;
  return more <= 0 ? ids.join(', ') : `${ids.slice(0, HANDFUL).join(', ')} and ${more} more (${all} names all)`;
}

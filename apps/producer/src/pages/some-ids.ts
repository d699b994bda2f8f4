/** A handful of ids, and the command that lists all of them. Pure. */
const HANDFUL = 5;

/** `all`: the command that lists all of them. */
export function someIds(ids: readonly string[], all: string): string {
  const more = ids.length - HANDFUL;
  return more <= 0 ? ids.join(', ') : `${ids.slice(0, HANDFUL).join(', ')} and ${more} more (${all} names all)`;
}

/** Quotes a word for a suggested command, so that a person can paste it into a shell as it is printed. Pure. */

export function shellWord(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`;
}

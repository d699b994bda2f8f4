/** A word of a command that we suggest, as a shell takes it: it is typed, or pasted, as it is printed. Pure. */

export function shellWord(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`;
}

/** Words of ours as Lua source, for scripts. Only for words of this code: nothing is escaped. */

/** A table by which a script asks whether a word is one of these: `{ one = true, … }`. */
export function luaSet(words: readonly string[]): string {
  return `{ ${words.map((word) => `${word} = true`).join(', ')} }`;
}

export function luaList(words: readonly string[]): string {
  return `{ ${words.map((word) => `'${word}'`).join(', ')} }`;
}

/** Names for the arguments of a script, the same on both sides, so that nobody counts them. */

/** Lua that takes the arguments of a script under these names. `before`: how many arguments come before them. */
export function named(words: readonly string[], before = 0): string {
  return `local ${words.join(', ')} = unpack(ARGV, ${before + 1}, ${before + words.length})`;
}

/** Lua of a table of the arguments from `first` on (a Lua expression), by these names. */
export function tableOf(words: readonly string[], first: string): string {
  return `{ ${words.map((word, at) => `${word} = ARGV[${first} + ${at}]`).join(', ')} }`;
}

/** The values of these names, as arguments of the script. */
export function inOrder<Word extends string>(words: readonly Word[], values: Readonly<Record<Word, string | number>>): (string | number)[] {
  return words.map((word) => values[word]);
}

/** Names for the arguments of a script, the same on both sides, so that nobody counts them. */

/** Lua that takes the first arguments of a script under these names. */
export function named(words: readonly string[]): string {
  return `local ${words.join(', ')} = unpack(ARGV, 1, ${words.length})`;
}

/** The values of these names, as the first arguments of the script. */
export function inOrder<Word extends string>(words: readonly Word[], values: Readonly<Record<Word, string | number>>): (string | number)[] {
  return words.map((word) => values[word]);
}

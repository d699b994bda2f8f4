/** The beginning of a text, for people. No emoji is cut in half: what is left of it would be shown as a broken sign. Pure. */
export function beginningOf(text: string, most: number): string {
  return text.slice(0, most).replace(/[\uD800-\uDBFF]$/, '');
}

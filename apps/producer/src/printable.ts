/**
 * Text from outside (a prompt, an upstream's reason) made fit for one line of a terminal: no control characters, which could
 * move the cursor or forge lines, and not longer than asked.
 */
export function printable(text: string, most = 200): string {
  const line = text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, ' ').replace(/ {2,}/g, ' ').trim();
  return line.length <= most ? line : `${wholeCharacters(line.slice(0, most - 1)).trimEnd()}…`;
}

/** Removes half an emoji that a cut has left at the end: no terminal can show it. */
function wholeCharacters(cut: string): string {
  return cut.replace(/[\uD800-\uDBFF]$/, '');
}

/**
 * An upstream's words made fit for an error, a log and a page: short, on one line, and without secrets.
 *
 * Some upstreams echo the key or a signed link in their messages. Neither may travel on.
 */
export function plainText(value: unknown, secret?: string): string {
  let text = wordsIn(value);
  if (secret !== undefined && secret !== '') text = text.replaceAll(secret, '[key]');
  text = text
    .replace(/\b(bearer|basic)\s+[^\s"',;]+/gi, '$1 [key]')
    .replace(/(https?:\/\/[^\s"'?<>]+)\?[^\s"'<>]*/gi, '$1')
    .replace(/[\s\p{Cc}]+/gu, ' ')
    .trim();
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text;
}

const LONGEST = 400;

/** AceData nests: `error.message` may itself be `{ message: "…" }`. */
function wordsIn(value: unknown): string {
  if (typeof value === 'string') return value;
  if (value === undefined || value === null) return '';
  if (typeof value === 'object' && 'message' in value) {
    const inner = wordsIn(value.message);
    if (inner !== '') return inner;
  }
  return JSON.stringify(value);
}

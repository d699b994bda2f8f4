/**
 * An upstream's words made fit for an error, a log and a page: short, on one line, and without secrets.
 *
 * Some upstreams echo the key, a signed link or the address they were given to call back. None of them may travel on.
 */
export function plainText(value: unknown, secrets: Secrets = []): string {
  let text = wordsIn(value);
  for (const secret of typeof secrets === 'string' ? [secrets] : secrets) if (secret !== '') text = text.replaceAll(secret, '[key]');
  text = text
    .replace(/\b(bearer|basic)\s+[^\s"',;]+/gi, '$1 [key]')
    .replace(/(https?:\/\/[^\s"'?#<>]+)[?#][^\s"'<>]*/gi, '$1')
    .replace(/(https?:\/\/)[^\s"'/<>@]*@/gi, '$1')
    // The nonce of our callbacks. A poll does not know which nonce is ours, so everything of that shape is removed.
    .replace(/(https?:\/\/[^\s"'<>]*\/)[0-9a-f]{32}(?![^\s"'/<>,.;)])/gi, '$1[key]')
    .replace(/[\s\p{Cc}]+/gu, ' ')
    .trim();
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text;
}

/** The account's API key, and whatever else must not be shown. */
export type Secrets = string | readonly string[];

/** The same for an upstream's code or id, which may quote a secret as well. Undefined when nothing else is in it. */
export function plainWord(value: string | undefined, secrets: Secrets): string | undefined {
  const word = plainText(value, secrets);
  return word === '' || word === '[key]' ? undefined : word;
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

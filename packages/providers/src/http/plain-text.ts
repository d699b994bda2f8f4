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
    // What our callbacks are known by: a poll cannot tell it from others, so none of its shape is kept.
    .replace(/(https?:\/\/[^\s"'<>]*\/)[0-9a-f]{32}(?![^\s"'/<>,.;)])/gi, '$1[key]')
    .replace(/[\s\p{Cc}]+/gu, ' ')
    .trim();
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text;
}

/** The key of the account, and what else must not be told. */
export type Secrets = string | readonly string[];

/** A code or an id of theirs, which may quote a secret as well. Undefined where nothing else is in it. */
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

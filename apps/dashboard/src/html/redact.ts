/**
 * The last fence before text reaches a page: no signed link, no login in an address, no bearer token, nothing long.
 * It is a second fence: the code that writes a job's reason or result keeps secrets out in the first place.
 */
const LONGEST = 500;
const MOST_ENTRIES = 20;
const SECRET_FIELD = /key|token|secret|password|authorization|cookie|signature/i;

/** A job of another version may lack a text; then nothing is shown. */
export function redactText(text: string | undefined): string {
  const clean = hideSecrets(text ?? '');
  return clean.length > LONGEST ? `${clean.slice(0, LONGEST)}…` : clean;
}

/** The whole text, without signatures of links, logins and tokens. */
function hideSecrets(text: string): string {
  return text
    .replace(/(\bhttps?:\/\/)[^\s/@]*@/gi, '$1')
    .replace(/(\bhttps?:\/\/[^\s?#"'<>]+)[?#][^\s"'<>]*/gi, '$1')
    .replace(/\bdata:[^\s,;]*[;,][^\s"'<>]*/gi, 'data:')
    .replace(/\b(bearer|basic)\s+[\w.~+/=-]{8,}/gi, '$1 [secret]');
}

/** The same for every string in a value, however deep. */
export function hideSecretsIn(value: unknown): unknown {
  if (typeof value === 'string') return hideSecrets(value);
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(hideSecretsIn);
  return Object.fromEntries(Object.entries(value).map(([name, entry]) => [name, SECRET_FIELD.test(name) ? '[secret]' : hideSecretsIn(entry)]));
}

/** A job's result or progress, cut to a small size, with every string redacted. */
export function redactValue(value: unknown, depth = 3): unknown {
  if (typeof value === 'string') return redactText(value);
  if (typeof value !== 'object' || value === null) return value;
  if (depth === 0) return '…';
  if (Array.isArray(value)) return value.slice(0, MOST_ENTRIES).map((entry) => redactValue(entry, depth - 1));
  const entries = Object.entries(value).slice(0, MOST_ENTRIES);
  return Object.fromEntries(entries.map(([field, entry]) => [field, SECRET_FIELD.test(field) ? '[secret]' : redactValue(entry, depth - 1)]));
}

/**
 * Finds a key that one object of a JSON text has twice. `JSON.parse` silently takes the last value, and perhaps the other one was meant.
 * It must stay cheap, since it checks every body of the API, of up to 64 MB: it jumps over strings instead of walking through them.
 */
import { type FieldFault, quoted } from '@dailies/queue';

/** The fault of valid JSON that has such a key, or none. */
export function repeatedFaults(json: string, field: string | null = null): FieldFault[] {
  const key = repeatedKey(json);
  return key === null ? [] : [{ field, message: `has ${quoted(key)} twice in one object`, remedy: 'Leave one of them out: the last would be taken' }];
}

/** The first such key of valid JSON. Null: there is none. */
export function repeatedKey(json: string): string | null {
  /** The keys of each open object, by its depth. A set is used again for the next object of that depth. */
  const open: Set<string>[] = [];
  let depth = 0;
  for (let at = 0; at < json.length; at += 1) {
    switch (json.charCodeAt(at)) {
      case QUOTE: {
        const end = endOfText(json, at);
        if (isKey(json, end)) {
          const key = keyOf(json.slice(at, end + 1));
          const keys = open[depth];
          if (keys?.has(key) === true) return key;
          keys?.add(key);
        }
        at = end;
        break;
      }
      case OPENING: {
        depth += 1;
        if (depth > DEEPEST) break;
        const keys = (open[depth] ??= new Set());
        if (keys.size > 0) keys.clear();
        break;
      }
      case CLOSING:
        depth -= 1;
        break;
    }
  }
  return null;
}

/** Objects nested deeper than this are not checked: a set for each of millions of levels would take more than a gigabyte. */
const DEEPEST = 1_000;
const QUOTE = 0x22;
const COLON = 0x3a;
const OPENING = 0x7b;
const CLOSING = 0x7d;
const BACKSLASH = 0x5c;
const LAST_BLANK = 0x20;

/** The index of the quote that ends the string that begins at `start`. */
function endOfText(json: string, start: number): number {
  for (let end = json.indexOf('"', start + 1); end !== -1; end = json.indexOf('"', end + 1)) {
    let before = end;
    while (json.charCodeAt(before - 1) === BACKSLASH) before -= 1;
    if ((end - before) % 2 === 0) return end;
  }
  return json.length;
}

/** Whether a colon follows, so that the string is a key. */
function isKey(json: string, end: number): boolean {
  let next = end + 1;
  while (json.charCodeAt(next) <= LAST_BLANK) next += 1;
  return json.charCodeAt(next) === COLON;
}

/** The key itself: the same key may be written in two ways. */
function keyOf(text: string): string {
  return text.includes('\\') ? String(JSON.parse(text)) : text.slice(1, -1);
}

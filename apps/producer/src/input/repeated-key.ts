/**
 * A key that one object of a JSON text has twice: `JSON.parse` takes the last of them and says nothing, and perhaps the other one was meant.
 * It looks at every body of the API, of up to 64 MB: text is jumped over, not walked through, and a brace in a prompt is none.
 */
import { type FieldFault, quoted } from '@dailies/queue';

/** What is wrong with valid JSON that has one. */
export function repeatedFaults(json: string, field: string | null = null): FieldFault[] {
  const key = repeatedKey(json);
  return key === null ? [] : [{ field, message: `has ${quoted(key)} twice in one object`, remedy: 'Leave one of them out: the last would be taken' }];
}

/** The first such key of valid JSON. Null: none. */
export function repeatedKey(json: string): string | null {
  /** Of every object that is open; those deeper ones that were closed before are used again. */
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

const QUOTE = 0x22;
const COLON = 0x3a;
const OPENING = 0x7b;
const CLOSING = 0x7d;
const BACKSLASH = 0x5c;
const LAST_BLANK = 0x20;

/** Where the text that begins here ends. */
function endOfText(json: string, start: number): number {
  for (let end = json.indexOf('"', start + 1); end !== -1; end = json.indexOf('"', end + 1)) {
    let before = end;
    while (json.charCodeAt(before - 1) === BACKSLASH) before -= 1;
    if ((end - before) % 2 === 0) return end;
  }
  return json.length;
}

/** What a colon follows. */
function isKey(json: string, end: number): boolean {
  let next = end + 1;
  while (json.charCodeAt(next) <= LAST_BLANK) next += 1;
  return json.charCodeAt(next) === COLON;
}

/** The same name may be written in two ways. */
function keyOf(text: string): string {
  return text.includes('\\') ? String(JSON.parse(text)) : text.slice(1, -1);
}

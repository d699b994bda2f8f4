/** A key that one object of a JSON text has twice: `JSON.parse` takes the last of them and says nothing, and perhaps the other one was meant. */

/** The first such key of valid JSON. Null: none. */
export function repeatedKey(json: string): string | null {
  const open: Set<string>[] = [];
  // Text is skipped whole, so a brace in a prompt is none; what a colon follows is a key.
  for (const [token, text, colon] of json.matchAll(/("[^"\\]*(?:\\.[^"\\]*)*")\s*(:?)|[{}]/g)) {
    if (token === '{') open.push(new Set());
    else if (token === '}') open.pop();
    else if (colon === ':' && text !== undefined) {
      // The same name may be written in two ways.
      const key = String(JSON.parse(text));
      const keys = open.at(-1);
      if (keys?.has(key) === true) return key;
      keys?.add(key);
    }
  }
  return null;
}

/**
 * Foreign files under the names of our pages: a person's own `index.html` or manifest, which the pages of a batch would replace. The beginning of a file
 * shows whether it is foreign; an empty file never is. It must never call foreign what any version of Dailies wrote, nor what a person, a spreadsheet or
 * a full disk has made of that.
 */
import { codeOf, type Results } from '@dailies/results';

export type PageName = 'index.html' | 'manifest.jsonl' | 'manifest.csv';

/** The names under which foreign files stand. */
export async function foreignPages(results: Pick<Results, 'at'>, place: string): Promise<PageName[]> {
  const foreign: PageName[] = [];
  for (const [name, isOurs] of PAGES) {
    const beginning = await beginningOf(results, place, name);
    if (beginning !== null && beginning.trim() !== '' && !isOurs(beginning)) foreign.push(name);
  }
  return foreign;
}

const PAGES: readonly (readonly [name: PageName, isOurs: (beginning: string) => boolean])[] = [
  ['index.html', (html) => /<meta\s[^>]*content="Dailies"/i.test(html)],
  ['manifest.jsonl', (lines) => lines.split('\n').some(isOfRow)],
  // In whatever way a spreadsheet has saved it.
  ['manifest.csv', (csv) => /^\uFEFF?"?id"?[,;\t]"?state"?[,;\t]"?provider\b/.test(csv)],
];

/** Whether a line is, or begins like, a row of ours: a full disk may have cut it. Only three fields are looked at, so that rows of newer versions count. */
function isOfRow(line: string): boolean {
  if (/^\{\s*"id":\s*"[^"]*",\s*"state":\s*"[a-z]+",\s*"provider":/.test(line)) return true;
  try {
    const { id, state, provider } = Object(JSON.parse(line)) as Record<string, unknown>;
    return [id, state, provider].every((one) => typeof one === 'string');
  } catch {
    return false;
  }
}

const ENOUGH = 1 << 18;

async function beginningOf(results: Pick<Results, 'at'>, place: string, name: string): Promise<string | null> {
  const reading = await results.at(place).read(place, name).catch((error: unknown) => {
    // A folder of that name is no page of ours either, and nothing could be put in its place.
    if (codeOf(error) === 'EISDIR') return 'a folder';
    throw error;
  });
  if (reading === null || typeof reading === 'string') return reading;
  const decoder = new TextDecoder();
  let text = '';
  try {
    for await (const piece of reading.body) {
      text += decoder.decode(piece as Uint8Array, { stream: true });
      if (text.length >= ENOUGH) break;
    }
    return text;
  } finally {
    reading.body.destroy();
  }
}

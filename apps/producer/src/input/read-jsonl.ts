/** `.jsonl`: one JSON object a line, taken as it is: nothing is converted. Blank lines are skipped. */
import { type FieldFault, isObject } from '@dailies/queue';
import type { Fault } from './fault.ts';
import { LONGEST_LINE, type RawLine, type RawLines, tooLong } from './raw-line.ts';
import { repeatedFaults } from './repeated-key.ts';

export function readJsonl(lines: readonly (string | null)[]): RawLines {
  const shape = refuseShape(lines);
  if (shape) return { lines: [], faults: [shape] };
  const read = lines.flatMap((text, index) => (text === null || text.trim() === '' ? [] : [readLine(text, index + 1)]));
  return { lines: read, faults: [] };
}

function readLine(text: string, line: number): RawLine {
  if (text.length > LONGEST_LINE) return { line, fields: {}, cells: {}, faults: [tooLong(text.length)] };
  try {
    const value: unknown = JSON.parse(text);
    if (isObject(value)) return { line, fields: value, cells: {}, faults: repeatedFaults(text) };
    const kind = Array.isArray(value) ? 'a list' : value === null ? 'null' : `a ${typeof value}`;
    return { line, fields: {}, cells: {}, faults: [{ field: null, message: `is ${kind}, not a JSON object`, remedy: 'Write {"prompt": "…"}' }] };
  } catch (error) {
    return { line, fields: {}, cells: {}, faults: [wrongJson(text, error)] };
  }
}

/** A line that is no JSON. The parser's message names a position or quotes the text nearby; both are kept. */
export function wrongJson(text: string, error: unknown): FieldFault {
  const said = error instanceof Error ? error.message : String(error);
  const position = / at position (\d+)/.exec(said);
  const remedy = 'Write one JSON object on the line, like {"prompt": "…"}';
  if (!position) return { field: null, message: `is not JSON: ${said.replace(/ is not valid JSON$/, '')}`, remedy };
  const at = Number(position[1]);
  const near = text.slice(at, at + 20);
  const reason = said.replace(/(?: in JSON)? at position.*$/s, '').replace(/ after JSON$/, ' after the object');
  return { field: null, message: `is not JSON: ${reason}, column ${at + 1}${near ? `, near ${JSON.stringify(near)}` : ''}`, remedy };
}

/** A file that is no JSONL at all is one fault, not one for each line. */
function refuseShape(lines: readonly (string | null)[]): Fault | null {
  const index = lines.findIndex((text) => text === null || text.trim() !== '');
  const first = lines[index]?.trim();
  const refused = (message: string, remedy: string): Fault => ({ line: index + 1, field: null, message, remedy });
  if (first === '{') return refused('begins an object that goes on over several lines', 'Write every object on one line (jq -c . does it)');
  if (first === '[' || (first?.startsWith('[{') && !first.endsWith(']'))) {
    return refused('begins a list, not an object', "Write one object a line, without the list around them (jq -c '.[]' does it)");
  }
  return null;
}

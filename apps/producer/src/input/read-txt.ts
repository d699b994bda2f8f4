/** `.txt`: a prompt a line, without the spaces around it. Blank lines, and lines that start with `#`, are skipped. */
import { LONGEST_LINE, type RawLine, tooLong } from './raw-line.ts';

export function readTxt(lines: readonly (string | null)[]): RawLine[] {
  return lines.flatMap((text, index) => {
    const prompt = text?.trim() ?? '';
    if (prompt === '' || prompt.startsWith('#')) return [];
    const long = prompt.length > LONGEST_LINE;
    return [{ line: index + 1, fields: long ? {} : { prompt }, cells: {}, faults: long ? [tooLong(prompt.length)] : [] }];
  });
}

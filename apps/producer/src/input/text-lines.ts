/**
 * Bytes → lines of text. UTF-8 or nothing: a guessed encoding would be paid for as a wrong prompt. Line ends of all systems, a BOM is dropped.
 */
import { isUtf8 } from 'node:buffer';
import type { Fault } from './fault.ts';

export interface DecodedText {
  /** Null for a line that is not UTF-8. Index 0 is line 1. */
  lines: (string | null)[];
  faults: Fault[];
}

export function decodeLines(bytes: Buffer): DecodedText {
  const wrongKind = refuseKind(bytes);
  if (wrongKind) return { lines: [], faults: [wrongKind] };
  if (isUtf8(bytes)) return { lines: utf8.decode(bytes).split(LINE_END), faults: [] };

  const faults: Fault[] = [];
  const lines = bytes
    .toString('latin1')
    .split(LINE_END)
    .map((line, index) => {
      const raw = Buffer.from(line, 'latin1');
      if (isUtf8(raw)) return utf8.decode(raw);
      const message = `is not UTF-8 (byte ${badByte(raw)} of the line)`;
      faults.push({ line: index + 1, field: null, message, remedy: 'Save the file as UTF-8 (Excel: "CSV UTF-8")' });
      return null;
    });
  return { lines, faults };
}

const LINE_END = /\r\n|[\r\n]/;
const RTF = Buffer.from('{\\rtf');
const utf8 = new TextDecoder('utf-8');

function refuseKind(bytes: Buffer): Fault | null {
  const [first, second] = bytes;
  const wide = (first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff);
  if (wide) return { line: null, field: null, message: 'is UTF-16, not UTF-8', remedy: 'Save the file as UTF-8 (Excel: "CSV UTF-8")' };
  // Word processors' own text under the name .txt would be paid for with its markup, line by line.
  if (bytes.subarray(0, RTF.length).equals(RTF)) {
    const remedy = 'Save it as plain text, UTF-8 (TextEdit: Format, Make Plain Text)';
    return { line: null, field: null, message: 'is rich text (RTF), not plain text', remedy };
  }
  const nul = bytes.subarray(0, 8192).includes(0);
  return nul ? { line: null, field: null, message: 'is not text: it holds zero bytes', remedy: 'Give a .txt, .jsonl, .csv or .tsv file saved as UTF-8' } : null;
}

/** Counted from 1: the first byte after the longest part that is UTF-8, give or take the start of a character cut in two. */
function badByte(line: Buffer): number {
  const stream = new TextDecoder('utf-8', { fatal: true });
  for (let at = 0; at < line.length; at += 1) {
    try {
      stream.decode(line.subarray(at, at + 1), { stream: true });
    } catch {
      return at + 1;
    }
  }
  return line.length;
}

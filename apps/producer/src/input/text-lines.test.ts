import { expect, test } from 'vitest';
import { decodeLines } from './text-lines.ts';

test('a BOM is dropped and the line ends of every system are known', () => {
  expect(decodeLines(Buffer.from('\uFEFFa\r\nb\rc\nd'))).toEqual({ lines: ['a', 'b', 'c', 'd'], faults: [] });
});

test('every line that is not UTF-8 is named with its first bad byte, the others are kept', () => {
  const bytes = Buffer.concat([Buffer.from('ok\ncaf'), Buffer.from([0xe9]), Buffer.from(' noir\r\nü\n'), Buffer.from([0xff])]);
  const { lines, faults } = decodeLines(bytes);
  expect(lines).toEqual(['ok', null, 'ü', null]);
  expect(faults).toMatchObject([
    { line: 2, message: 'is not UTF-8 (byte 5 of the line)', remedy: 'Save the file as UTF-8 (Excel: "CSV UTF-8")' },
    { line: 4, message: 'is not UTF-8 (byte 1 of the line)' },
  ]);
});

test('UTF-16, rich text and files that are no text are refused once, not once a line', () => {
  expect(decodeLines(Buffer.from('{\\rtf1\\ansi\na red fox\\par\n}')).faults).toMatchObject([{ line: null, message: 'is rich text (RTF), not plain text' }]);
  expect(decodeLines(Buffer.from('\uFEFFa\nb', 'utf16le')).faults).toMatchObject([{ line: null, message: 'is UTF-16, not UTF-8' }]);
  expect(decodeLines(Buffer.from('ftyp\0\0\nmp42')).faults).toMatchObject([{ line: null, message: 'is not text: it holds zero bytes' }]);
});

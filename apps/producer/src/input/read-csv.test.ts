import { describe, expect, test } from 'vitest';
import { readCsv } from './read-csv.ts';

describe('a CSV file', () => {
  test('has the right line numbers after cells with line breaks and blank lines', () => {
    const { lines } = readCsv('prompt,provider\n"two\nlines",luma\n\n,,\nlast,kling\n');
    expect(lines.map(({ line, fields }) => [line, fields])).toEqual([
      [2, { prompt: 'two\nlines', provider: 'luma' }],
      [6, { prompt: 'last', provider: 'kling' }],
    ]);
  });

  test('gives fields, parameters as text, JSON of params and metadata, and nothing for empty cells', () => {
    const { lines, faults } = readCsv('prompt,priority,duration,mode,params,metadata\n x ,2, 10 ,,"{""cfg_scale"": 1}","{""a"": [1]}"\n');
    expect(faults).toEqual([]);
    const fields = { prompt: 'x', priority: 2, params: { cfg_scale: 1 }, metadata: { a: [1] } };
    expect(lines).toEqual([{ line: 2, fields, cells: { duration: '10' }, faults: [] }]);
    expect(readCsv('prompt,priority\nx,high\n').lines, 'to be quoted as it was written').toMatchObject([{ fields: { priority: 'high' } }]);
  });

  test('with a ragged row, bad JSON or a parameter given twice names the line and the cure', () => {
    const { lines } = readCsv('prompt,duration,params\na,5\nb,5,{bad}\nc,5,[1]\nd,5,"{""duration"": ""10""}"\ne,,"{""mode"": 1, ""mode"": 2}"\n');
    expect(lines.flatMap(({ line, faults }) => faults.map((fault) => [line, fault.field, fault.message]))).toEqual([
      [2, null, 'has 2 cells, the header has 3'],
      [3, 'params', expect.stringContaining('is not JSON')],
      [4, 'params', 'must be a JSON object'],
      [5, 'params.duration', 'is given twice: in a column and in "params"'],
      [6, 'params', 'has "mode" twice in one object'],
    ]);
  });

  test('whose quote is never closed is refused at the record that opens it', () => {
    const { faults, lines } = readCsv('prompt,provider\nok,kling\n"open,kling\nlost,kling\n');
    expect(lines).toEqual([]);
    expect(faults).toMatchObject([{ line: 3, message: 'begins a quoted cell that is never closed' }]);
  });

  test.each([
    ['no header', 'A quiet lake at dawn\nA loud one\n', ['is no header: it names no known column']],
    ['semicolons in its header and commas below', 'prompt;;provider\nx,y,kling\n\n;nameless;\n', ['column 2 of the header has no name']],
    ['a column twice', 'prompt,prompt\nx,y\n', ['is twice in the header']],
    ['a column twice, in two ways of writing', 'prompt,PROMPT\nx,y\n', ['is twice in the header']],
    ['a column without a name', 'prompt,,mode\nx,y,z\n', ['column 2 of the header has no name']],
    ['an unknown column', 'prompt,colour\nx,red\n', ['is neither a field nor a parameter of any provider']],
  ])('with %s is refused at its first line', (_, text, messages) => {
    const { faults, lines } = readCsv(text);
    expect(faults.map(({ line, message }) => ({ line, message }))).toEqual(messages.map((message) => ({ line: 1, message })));
    expect(lines).toEqual([]);
  });

  test.each([
    ['semicolons', '\uFEFFprompt;provider;duration\n Füchse, im Schnee ;kling;5\n"a ""red"" fox; in snow";luma;\n'],
    ['semicolons and quotes everywhere', '"prompt";"provider";"duration"\n"Füchse, im Schnee";"kling";"5"\n"a ""red"" fox; in snow";"luma";""\n'],
    ['commas, and capital letters and blanks in its header', 'Prompt, PROVIDER ,Duration\n"Füchse, im Schnee",kling,5\n"a ""red"" fox; in snow",luma,\n'],
    ['tabs', 'prompt\tprovider\tduration\nFüchse, im Schnee\tkling\t5\n"a ""red"" fox; in snow"\tluma\t\n'],
  ])('is read with %s between its cells, as its header has them', (_, text) => {
    const { lines, faults } = readCsv(text);
    expect(faults).toEqual([]);
    expect(lines).toMatchObject([
      { line: 2, fields: { prompt: 'Füchse, im Schnee', provider: 'kling' }, cells: { duration: '5' }, faults: [] },
      { line: 3, fields: { prompt: 'a "red" fox; in snow', provider: 'luma' }, cells: {}, faults: [] },
    ]);
  });

  test('with semicolons is told of the cell that has one too many', () => {
    const [line] = readCsv('prompt;provider\na fox; in snow;kling\n').lines;
    expect(line?.faults).toMatchObject([{ message: 'has 3 cells, the header has 2', remedy: expect.stringContaining('cells that hold semicolons') }]);
  });

  test('may have columns without a name and without anything in them, as spreadsheets write', () => {
    const { lines, faults } = readCsv('prompt;;provider;\nx;;kling;\n;;;\ny; ;luma;\n');
    expect(faults).toEqual([]);
    expect(lines.map(({ fields, faults: found }) => [fields, found])).toEqual([
      [{ prompt: 'x', provider: 'kling' }, []],
      [{ prompt: 'y', provider: 'luma' }, []],
    ]);
  });

  test('with a mistyped column is told the right name', () => {
    expect(readCsv('prompt,durration\nx,5\n').faults).toMatchObject([{ field: 'durration', remedy: 'Did you mean "duration"?' }]);
  });
});

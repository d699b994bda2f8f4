/**
 * The header of a CSV file: known fields, and parameters that at least one provider knows. A fault in it is reported once, not for each line.
 */
import { type FieldFault, REQUEST_FIELDS } from '@dailies/queue';
import { nearest, PROVIDERS } from '@dailies/providers';

export type Separator = ',' | ';' | '\t';

/** The columns by the names that they are known by. Spreadsheets like to begin them with a capital letter. */
export function columnsOf(cells: readonly string[]): string[] {
  const known = knownColumns();
  return cells.map((cell) => {
    const name = cell.trim();
    const alike = new Set(known.filter((one) => one.toLowerCase() === name.toLowerCase()));
    return alike.size === 1 ? [...alike].join('') : name;
  });
}

/** `isEmpty`: whether nothing is in a column below its header. Spreadsheets often write such columns at the end. They need no name. */
export function checkHeader(columns: readonly string[], separator: Separator, isEmpty: (index: number) => boolean): FieldFault[] {
  const known = knownColumns();
  if (!columns.some((column) => nearest(column, known) !== undefined)) return [noHeader(separator)];
  return columns.flatMap((column, index): FieldFault[] => {
    if (column === '') {
      if (isEmpty(index)) return [];
      return [{ field: null, message: `column ${index + 1} of the header has no name`, remedy: `Name it, for example ${REQUEST_FIELDS.join(', ')}` }];
    }
    if (columns.indexOf(column) < index) return [{ field: column, message: 'is twice in the header', remedy: 'Leave one of the two columns out' }];
    if (known.includes(column)) return [];
    // Faults of parameters name them `params.duration`.
    const near = nearest(column.replace(/^params\./, ''), known);
    const remedy = near ? `Did you mean "${near}"?` : 'Leave the column out, or put it into "metadata"';
    return [{ field: column, message: 'is neither a field nor a parameter of any provider', remedy }];
  });
}

/**
 * What separates the cells, by the header line: Excel writes semicolons wherever the comma is the decimal sign, and offers nothing else there. A header
 * cannot be misread by this, since no name of a column contains any of the three.
 */
export function separatorOf(header: string): Separator {
  const unquoted = header.replace(/"(?:[^"]|"")*"/g, '');
  if (unquoted.includes(',')) return ',';
  return unquoted.includes(';') ? ';' : unquoted.includes('\t') ? '\t' : ',';
}

/**
 * Whether a line is the header of a table, whatever separates its cells: one of the cells says `prompt`. The other cells may be wrong. Then the table is
 * refused because of its header; taken for plain text, each of its lines would be paid for as a prompt.
 */
export function isHeader(line: string): boolean {
  const columns = namesIn(line);
  if (columns.includes('prompt')) return true;
  const known = knownColumns();
  return columns.length > 1 && columns.includes('image') && columns.every((column) => known.includes(column));
}

/** The same of a line that its file calls plain text: only what nobody would write as a prompt. */
export function isSurelyHeader(line: string): boolean {
  const known = knownColumns();
  return isHeader(line) && namesIn(line).filter((column) => known.includes(column)).length > 1;
}

function namesIn(line: string): string[] {
  return line.split(/[,;\t]/).map((cell) => cell.trim().replace(/^"(.*)"$/, '$1').trim().toLowerCase());
}

function knownColumns(): string[] {
  return [...REQUEST_FIELDS, ...Object.values(PROVIDERS).flatMap((provider) => Object.keys(provider.params.shape))];
}

function noHeader(separator: Separator): FieldFault {
  const example = separator === '\t' ? 'of names with tabs between them, such as prompt, provider and model' : 'like "prompt,provider,model"';
  const remedy = `Begin the file with a line ${example}. Known: ${REQUEST_FIELDS.join(', ')}, and parameters`;
  return { field: null, message: 'is no header: it names no known column', remedy };
}

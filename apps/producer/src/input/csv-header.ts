/**
 * The header of a CSV file: known fields, and parameters that at least one provider knows. A fault in it is reported once, not for each line.
 */
import { type FieldFault, REQUEST_FIELDS } from '@dailies/queue';
import { nearest, PROVIDERS } from '@dailies/providers';

export function checkHeader(columns: readonly string[]): FieldFault[] {
  const known = knownColumns();
  if (!columns.some((column) => nearest(column, known) !== undefined)) return [noHeader()];
  return columns.flatMap((column, index): FieldFault[] => {
    if (column === '') {
      return [{ field: null, message: `column ${index + 1} of the header has no name`, remedy: `Name it, for example ${REQUEST_FIELDS.join(', ')}` }];
    }
    if (columns.indexOf(column) < index) return [{ field: column, message: 'is twice in the header', remedy: 'Leave one of the two columns out' }];
    if (known.includes(column)) return [];
    const near = nearest(column, known);
    const remedy = near ? `Did you mean "${near}"?` : 'Leave the column out, or put it into "metadata"';
    return [{ field: column, message: 'is neither a field nor a parameter of any provider', remedy }];
  });
}

/**
 * Finds a first line whose cells are separated by something other than commas. Checked before the cells are parsed: beside semicolons, Excel's quoted
 * cells would look like misplaced quotes, and correcting those would not help.
 */
export function wrongSeparator(line: string): FieldFault | null {
  const separators = line.replace(/"(?:[^"]|"")*"/g, '');
  const separator = separators.includes(',') ? undefined : /[;\t]/.exec(separators)?.[0];
  if (separator === undefined) return null;
  return { field: null, message: `cells are separated by ${separator === ';' ? 'semicolons' : 'tabs'}`, remedy: 'Save the file with commas between cells' };
}

/**
 * Whether a line is the header of a table, whatever separates its cells: one of the cells says `prompt`. The other cells may be wrong. Then the table is
 * refused because of its header; taken for plain text, each of its lines would be paid for as a prompt.
 */
export function isHeader(line: string): boolean {
  const columns = line.split(/[,;\t]/).map((cell) => cell.trim().replace(/^"(.*)"$/, '$1').trim().toLowerCase());
  if (columns.includes('prompt')) return true;
  const known = knownColumns();
  return columns.length > 1 && columns.includes('image') && columns.every((column) => known.includes(column));
}

function knownColumns(): string[] {
  return [...REQUEST_FIELDS, ...Object.values(PROVIDERS).flatMap((provider) => Object.keys(provider.params.shape))];
}

function noHeader(): FieldFault {
  const remedy = `Begin the file with a line like "prompt,provider,model". Known: ${REQUEST_FIELDS.join(', ')}, and parameters`;
  return { field: null, message: 'is no header: it names no known column', remedy };
}

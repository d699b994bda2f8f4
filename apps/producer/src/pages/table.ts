/** A table of plain text: numbers to the right, the rest to the left, two spaces between. */
export function table(heads: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  const widths = heads.map((head, column) => rows.reduce((most, row) => Math.max(most, String(row[column] ?? '').length), head.length));
  const line = (cells: readonly (string | number)[]): string =>
    widths
      .map((width, column) => {
        const cell = cells[column] ?? '';
        return typeof cell === 'number' ? String(cell).padStart(width) : cell.padEnd(width);
      })
      .join('  ')
      .trimEnd();
  const numeric = heads.map((_head, column) => rows.length > 0 && rows.every((row) => typeof row[column] === 'number'));
  const head = heads.map((text, column) => (numeric[column] === true ? text.padStart(widths[column] ?? 0) : text));
  return `${[line(head), ...rows.map(line)].join('\n')}\n`;
}

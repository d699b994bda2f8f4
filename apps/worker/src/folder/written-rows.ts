/**
 * The rows that the manifest of a folder has, to be taken out by their ids. Of each only its line is kept, as bytes: a folder of singles has hundreds of
 * thousands of them, and as objects they would be more than the memory of a worker.
 */
import type { ManifestRow } from './manifest-row.ts';
import { readRow } from './read-row.ts';

export interface WrittenRows {
  /** How many there were. */
  count: number;
  /** Undefined: there is none, or it was taken before. */
  take(id: string): ManifestRow | undefined;
  /** Those that nobody has taken, in their order. */
  rest(): Generator<ManifestRow>;
}

interface Line {
  row: ManifestRow;
  line: string;
}

export async function readWritten(lines: Line[] | AsyncIterable<Line>): Promise<WrittenRows> {
  const lineOf = new Map<string, Buffer>();
  for await (const { row, line } of lines) lineOf.set(row.id, Buffer.from(line));

  function take(id: string): ManifestRow | undefined {
    const line = lineOf.get(id);
    lineOf.delete(id);
    return line === undefined ? undefined : readRow(line.toString()).row;
  }

  return {
    count: lineOf.size,
    take,
    *rest() {
      for (const id of lineOf.keys()) {
        const row = take(id);
        if (row !== undefined) yield row;
      }
    },
  };
}

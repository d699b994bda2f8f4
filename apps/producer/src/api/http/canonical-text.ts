/** JSON as one text, whatever the order of its keys: two bodies that say the same are the same. */
import { Problem } from './problem.ts';

export function canonicalText(value: unknown): string {
  try {
    return written(value);
  } catch (error) {
    if (error instanceof RangeError) throw new Problem(400, 'malformed', 'The body is nested too deeply.');
    throw error;
  }
}

function written(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(written).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  const entries = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([key, part]) => `${JSON.stringify(key)}:${written(part)}`).join(',')}}`;
}

/**
 * One `Range` header against a body of `size` bytes: the part, `whole` where the header is absent or of a kind that a server
 * may ignore (several parts, other units), or `unsatisfiable` (416).
 */
export function byteRange(header: string | undefined, size: number): ByteRange | 'whole' | 'unsatisfiable' {
  const match = /^bytes=(\d*)-(\d*)$/.exec(header?.trim() ?? '');
  const [, first = '', last = ''] = match ?? [];
  if (match === null || (first === '' && last === '')) return 'whole';
  if (first === '') {
    const length = Math.min(Number(last), size);
    return length === 0 ? 'unsatisfiable' : { start: size - length, end: size - 1 };
  }
  const start = Number(first);
  const end = last === '' ? size - 1 : Math.min(Number(last), size - 1);
  if (start >= size) return 'unsatisfiable';
  return end < start ? 'whole' : { start, end };
}

/** Both ends belong to the part, as in the header. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/** Ids within one file or batch: the same id with the same request is one generation, with another request it is a fault. */
import type { NewGeneration } from '../ledger/create/intake.ts';
import type { FieldFault } from './field-fault.ts';

export interface OwnIds {
  check(generation: NewGeneration, line: number): FieldFault[];
  /** The line that a checked generation was first seen in. */
  firstWith(generation: NewGeneration): number | undefined;
}

/** `noun`: what a place in the file or batch is called in messages. */
export function ownIds(noun = 'line'): OwnIds {
  // By lower case: some file systems hold `A.mp4` and `a.mp4` for one file.
  const seen = new Map<string, { id: string; fingerprint: string; line: number }>();

  function check({ id, fingerprint }: NewGeneration, line: number): FieldFault[] {
    const first = seen.get(id.toLowerCase());
    if (!first) {
      seen.set(id.toLowerCase(), { id, fingerprint, line });
      return [];
    }
    if (first.id !== id) {
      const message = `"${id}" differs from "${first.id}" in ${noun} ${first.line} only by case`;
      return [{ field: 'id', message, remedy: 'Their files could overwrite each other: choose another id' }];
    }
    if (first.fingerprint === fingerprint) return [];
    return [{ field: 'id', message: `"${id}" is the id of another request in ${noun} ${first.line}`, remedy: 'Give every request an id of its own' }];
  }

  return { check, firstWith: ({ id }) => seen.get(id.toLowerCase())?.line };
}

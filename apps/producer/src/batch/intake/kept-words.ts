/**
 * Priority, metadata and webhook of a line are not part of its id: a known generation keeps those that it was accepted with. A person who has changed
 * them in the file is told so here, instead of finding it out in the results. Changes nothing.
 */
import { isDeepStrictEqual } from 'node:util';
import type { Generation, NewGeneration } from '@dailies/queue';

type Word = 'priority' | 'metadata' | 'webhook';

export interface KeptWords {
  compare(asked: Pick<NewGeneration, Word>, found: Pick<Generation, Word | 'stub'>): void;
  /** Null: file and ledger agree. */
  said(): string | null;
}

export function keptWords(): KeptWords {
  const fields = new Set<string>();
  let lines = 0;
  return {
    compare(asked, found) {
      // A stub (a shrunk record) has no metadata any more.
      if (found.stub === true) return;
      const changed = [
        ...(asked.priority === found.priority ? [] : ['priority']),
        ...(isDeepStrictEqual(asked.metadata, found.metadata) ? [] : ['metadata']),
        ...(asked.webhook === found.webhook ? [] : ['webhook']),
      ];
      if (changed.length > 0) lines += 1;
      for (const field of changed) fields.add(field);
    },
    said() {
      if (lines === 0) return null;
      const one = lines === 1;
      const were = one ? 'it was' : 'they were';
      const now = `${lines} known ${one ? 'line says' : 'lines say'} something else now (${[...fields].toSorted().join(', ')})`;
      return `${now} than when ${were} accepted. ${one ? 'It keeps' : 'They keep'} what ${were} accepted with.`;
    },
  };
}

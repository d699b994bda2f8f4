/**
 * What a line says beside its request (priority, metadata, webhook) is no part of its id: a known generation keeps what it was accepted with.
 * Whoever has changed it in the file is told so, instead of finding it out in the results. Changes nothing.
 */
import { isDeepStrictEqual } from 'node:util';
import type { Generation, NewGeneration } from '@dailies/queue';

type Word = 'priority' | 'metadata' | 'webhook';

export interface KeptWords {
  compare(asked: Pick<NewGeneration, Word>, found: Pick<Generation, Word | 'stub'>): void;
  /** Null: the file says what the ledger has. */
  said(): string | null;
}

export function keptWords(): KeptWords {
  const fields = new Set<string>();
  let lines = 0;
  return {
    compare(asked, found) {
      // A stub has no metadata any more.
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

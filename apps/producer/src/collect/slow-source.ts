/**
 * A source that says, once, when a file is long in coming: a bucket that takes connections and never answers is given up after minutes only. It must never
 * give up a file itself.
 */
import type { Source } from './source.ts';

const SLOW_MS = 5_000;

export function slowSource(source: Source, say: (line: string) => void): Source {
  let isSaid = false;
  return {
    ...source,
    async open(row, wanted, signal) {
      const slow = setTimeout(() => {
        if (!isSaid) say(`${wanted.file} has not begun to arrive for ${SLOW_MS / 1000} s: where it is, nothing answers yet. What does not come is listed at the end.`);
        isSaid = true;
      }, SLOW_MS);
      try {
        return await source.open(row, wanted, signal);
      } finally {
        clearTimeout(slow);
      }
    },
  };
}

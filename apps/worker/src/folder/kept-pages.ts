/**
 * Which pages of each folder are a person's own and left as they are. Nobody could be asked: the batch came over HTTP, or the file was put there
 * since. It is logged once. The folders are looked at again now and then: when the file is moved away, ours is written, also where the batch has
 * come to its end and no event of it would have its folder written again.
 */
import type { WorkerContext } from '../context.ts';
import { foreignPages, type PageName } from './foreign-pages.ts';

export interface KeptPages {
  /** Those of a folder, for whoever is about to write it. `name`: of the batch, or `_single/<yyyy-mm>`. */
  find(name: string, folder: string): Promise<readonly PageName[]>;
  /** Names of the folders in which something has changed since; not looked for more often than every `lookMs`. */
  changed(): Promise<string[]>;
}

const LOOK_MS = 30_000;

export function createKeptPages({ results, log }: Pick<WorkerContext, 'results' | 'log'>, lookMs = LOOK_MS): KeptPages {
  const kept = new Map<string, { folder: string; files: string }>();
  let lookAt = 0;

  return {
    async find(name, folder) {
      const foreign = await foreignPages(results, folder);
      const files = foreign.join(', ');
      if (files === '') kept.delete(name);
      else if (kept.get(name)?.files !== files) {
        kept.set(name, { folder, files });
        log.warn({ folder, files }, 'not of Dailies, and left as they are: the pages of the batch are not written in their place until they are moved away');
      }
      return foreign;
    },

    async changed() {
      if (Date.now() < lookAt) return [];
      lookAt = Date.now() + lookMs;
      const names: string[] = [];
      for (const [name, { folder, files }] of kept) {
        // A place that cannot be read is looked at the next time.
        const now = await foreignPages(results, folder).catch(() => null);
        if (now !== null && now.join(', ') !== files) names.push(name);
      }
      return names;
    },
  };
}

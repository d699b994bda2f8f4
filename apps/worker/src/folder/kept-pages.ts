/**
 * Remembers the files that stand under the name of a page but are a person's own. Such a file is never replaced, so our page is not written, which is
 * logged once: there is nobody to ask, since the batch came over HTTP or the file was put there later. These folders are looked at again now and then.
 * When the person has moved the file away, our page is written, even if the batch has ended and no event would cause that. Lines of our own manifest that
 * cannot be read stay as well, and are logged once, too.
 */
import type { WorkerContext } from '../context.ts';
import { foreignPages, type PageName } from './foreign-pages.ts';
import type { UnreadLine } from './manifest.ts';

export interface KeptPages {
  /** Looks which pages of a folder are a person's own, and remembers them; called before it is written. `name`: of a batch, or `_single/<yyyy-mm>`. */
  find(name: string, folder: string): Promise<readonly PageName[]>;
  /** Names of the remembered folders in which other files are a person's own by now. It looks once in `lookMs` at most, and else answers none. */
  changed(): Promise<string[]>;
  /** Whether the manifest of the folder had other lines that are no rows when it was written last; remembers these. */
  isNews(name: string, unread: readonly UnreadLine[]): boolean;
}

const LOOK_MS = 30_000;

export function createKeptPages({ results, log }: Pick<WorkerContext, 'results' | 'log'>, lookMs = LOOK_MS): KeptPages {
  const kept = new Map<string, { folder: string; files: string }>();
  const unreadLines = new Map<string, string>();
  let lookAt = 0;

  return {
    isNews(name, unread) {
      const lines = unread.map(({ line }) => line).join('\n');
      const isNews = (unreadLines.get(name) ?? '') !== lines;
      unreadLines.set(name, lines);
      return isNews;
    },

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
        // A place that cannot be read now is looked at again the next time.
        const now = await foreignPages(results, folder).catch(() => null);
        if (now !== null && now.join(', ') !== files) names.push(name);
      }
      return names;
    },
  };
}

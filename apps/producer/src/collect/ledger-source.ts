/** Reads results by the ledger: from the bucket, or from a folder that this machine has. */
import { publicGeneration, type Store } from '@dailies/queue';
import type { Results } from '@dailies/results';
import { type Found, generationsOf } from '../lookup.ts';
import type { Source } from './source.ts';

export function ledgerSource(store: Store, results: Results, found: Found, simulated: boolean): Source {
  return {
    title: 'batch' in found ? found.batch.name : found.generation.id,
    isSimulated: async () => simulated,
    async *rows() {
      for await (const generation of generationsOf(store, found)) {
        const { files = [], folder, filesRemovedAt } = generation;
        const isThere = generation.state === 'succeeded' && filesRemovedAt === undefined;
        yield { shown: publicGeneration(generation), files: isThere ? files.map(({ file, sha256, bytes }) => ({ file, sha256, bytes })) : [], folder };
      }
    },
    async open({ folder }, { file }) {
      if (folder === undefined) return null;
      return (await results.at(folder).read(folder, file))?.body ?? null;
    },
  };
}

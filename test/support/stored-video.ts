/** A finished generation whose video is in the results' folder, for tests of code that reads it. */
import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { createGenerations, type Store } from '@dailies/queue';
import { newGeneration } from './ledger.ts';

/** Makes the generation `one` of the batch `films`. `root`: the folder that contains `out`. */
export async function storeVideo({ store, folder: root }: { store: Store; folder: string }): Promise<void> {
  const folder = path.join(root, 'out', 'films');
  await mkdir(folder, { recursive: true });
  await writeFile(path.join(folder, 'one.mp4'), 'bytes');
  const sha256 = createHash('sha256').update('bytes').digest('hex');
  const file = { kind: 'video' as const, file: 'one.mp4', sha256, bytes: 5, source: 'https://cdn.example/one.mp4' };
  const earlier = { state: 'succeeded' as const, patch: { files: [file], folder }, history: [] };
  await createGenerations(store, { batch: 'films', lane: 'films', attended: false, items: [newGeneration('one', { earlier })] });
}

/** Parts that killed processes left: `<name>.<delivery>.part`, beside the final file or in the staging folder of a bucket. */
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';

export async function removeParts(folder: string, name: string): Promise<void> {
  const prefix = `${name}.`;
  for (const found of await readdir(folder)) {
    if (found.startsWith(prefix) && found.endsWith('.part')) await rm(join(folder, found), { force: true });
  }
}

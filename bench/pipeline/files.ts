/** How many videos a folder holds. */
import { readdir } from 'node:fs/promises';

export async function filesIn(folder: string): Promise<number> {
  return (await readdir(folder).catch(() => [])).filter((name) => name.endsWith('.mp4')).length;
}

/** Every file below a folder but videos, as a text with its path. Names of files are texts too. */
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import type { PlacedText } from './redis-texts.ts';

export async function folderTexts(folder: string): Promise<PlacedText[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => path.join(entry.parentPath, entry.name));
  const names = { place: 'the name of a file', text: files.join('\n') };
  const contents = files
    .filter((file) => !file.endsWith('.mp4'))
    .map(async (file) => ({ place: path.relative(folder, file), text: await readFile(file, 'latin1') }));
  return [names, ...(await Promise.all(contents))];
}

/**
 * The simulator's two ports, drawn once and kept: generations carry their account's origin, so a simulated batch can only be continued
 * at the same one, and a signed link must survive a restart.
 */
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { makePath } from '@dailies/results';

export interface DrawnPorts {
  api: number;
  assets: number;
}

export async function readPorts(folder: string): Promise<DrawnPorts | null> {
  const text = await readFile(portFile(folder), 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '';
    throw error;
  });
  const [api, assets] = text.split(/\s+/).map(Number);
  return api !== undefined && assets !== undefined && isPort(api) && isPort(assets) ? { api, assets } : null;
}

/** False: another process drew first. */
export async function recordPorts(folder: string, ports: DrawnPorts): Promise<boolean> {
  await makePath(folder);
  try {
    await writeFile(portFile(folder), `${ports.api} ${ports.assets}\n`, { flag: 'wx' });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    // A crash or a person may leave a file without ports in it.
    if ((await readPorts(folder)) !== null) return false;
    await writeFile(portFile(folder), `${ports.api} ${ports.assets}\n`);
    return true;
  }
}

export function portFile(folder: string): string {
  return path.join(folder, 'upstream-port');
}

function isPort(number: number): boolean {
  return Number.isInteger(number) && number > 0 && number < 65_536;
}

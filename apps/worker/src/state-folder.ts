/** The folder for what outlives a worker outside of Redis. Made before anything is started, a path that takes none is refused with the name of its setting. */
import { access, constants } from 'node:fs/promises';
import { ConfigError } from '@dailies/queue';
import { makePath } from '@dailies/results';

/** Without it nothing would be noticed of an older copy, and no task id could be rescued. */
export async function makeStateFolder(folder: string, mode?: number): Promise<void> {
  try {
    await makePath(folder, mode);
    await access(folder, constants.W_OK | constants.X_OK);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const fault = `DAILIES_DIR: ${folder} cannot be made, or not be written (${code}).`;
    throw new ConfigError([`${fault} Name a folder that can be: rescue files, and how far the ledger was seen, are kept there.`]);
  }
}

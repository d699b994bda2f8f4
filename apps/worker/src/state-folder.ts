/**
 * The state folder (DAILIES_DIR): what a worker keeps outside of Redis, which is rescue files and ledger marks. It is made before anything is started,
 * so that a path at which no folder can be made is refused by the name of its variable.
 */
import { access, constants } from 'node:fs/promises';
import { ConfigError } from '@dailies/queue';
import { makePath } from '@dailies/results';

/** Throws a ConfigError: without the folder a worker could not notice a ledger that was rolled back, and could rescue no task id. */
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

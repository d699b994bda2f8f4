/** `dailies run FILE|-`: everything in one process. Enqueues, works, waits, downloads, reports. */
import { isBucketPlace } from '@dailies/results';
import { folderOfRun } from '../batch/files/batch-folder.ts';
import { claimFolder } from '../batch/files/claim-folder.ts';
import { makeFolder } from '../batch/files/make-folder.ts';
import { confirmMovedFile } from '../batch/intake/moved-file.ts';
import { readPrompts, type PromptOptions } from '../batch/intake/prompts.ts';
import { workBatch } from '../batch/work-batch.ts';
import type { CommandOptions, Context } from '../context.ts';
import { withSession } from '../session.ts';
import { openSetting, saySimulated } from '../setting.ts';
import { dryRun } from './dry-run.ts';

export interface RunOptions extends PromptOptions, CommandOptions {
  out?: string | undefined;
  dryRun?: boolean | undefined;
  wait?: boolean | undefined;
  prune?: boolean | undefined;
}

export async function run(context: Context, file: string, options: RunOptions): Promise<number> {
  if (options.dryRun === true) return dryRun(context, file, options);
  const setting = await openSetting(context, { simulate: options.simulate, upstreams: true });
  try {
    const prompts = await readPrompts(context, setting.config, file, options);
    saySimulated(context, setting);
    const folder = folderOfRun(context, setting, prompts.batch, options.out);
    await claimFolder(context, folder, setting.simulator !== null);
    // The embedded Redis makes its own folder, which only this user can read.
    if (setting.config.redisUrl !== null) await makeFolder(setting.config.stateFolder, 'DAILIES_DIR');
    const { json = false, wait = false, prune = false, skipInvalid = false } = options;
    return await withSession(context, setting, { patient: true }, async (session) => {
      await confirmMovedFile(context, session, { file, batch: prompts.batch, items: prompts.items, folder });
      if (!isBucketPlace(folder)) await makeFolder(folder);
      const outcome = await workBatch(context, session, prompts, { file, folder, json, wait, prune, skipInvalid });
      return outcome.exitCode;
    });
  } finally {
    await setting.close();
  }
}

/** `dailies run FILE|-`: everything in one process. Enqueues, works, waits, downloads, reports. */
import path from 'node:path';
import { isBucketPlace } from '@dailies/results';
import { claimFolder } from '../batch/claim-folder.ts';
import { makeFolder } from '../batch/make-folder.ts';
import { readPrompts, type PromptOptions } from '../batch/prompts.ts';
import { workBatch } from '../batch/work-batch.ts';
import type { Context } from '../context.ts';
import { withSession } from '../session.ts';
import { folderOfRun, openSetting, type Setting } from '../setting.ts';
import { dryRun } from './dry-run.ts';

export interface RunOptions extends PromptOptions {
  out?: string | undefined;
  simulate?: boolean | undefined;
  json?: boolean | undefined;
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
    const folder = options.out === undefined ? folderOfRun(setting, prompts.batch) : path.resolve(context.places.cwd, options.out);
    await takeFolder(context, setting, folder);
    if (!isBucketPlace(folder)) await makeFolder(folder);
    // The embedded Redis makes its own, for nobody else's eyes.
    if (setting.config.redisUrl !== null) await makeFolder(setting.config.stateFolder, 'DAILIES_DIR');
    const { json = false, wait = false, prune = false, skipInvalid = false } = options;
    return await withSession(context, setting, { patient: true }, async (session) => {
      const outcome = await workBatch(context, session, prompts, { file, folder, json, wait, prune, skipInvalid });
      return outcome.exitCode;
    });
  } finally {
    await setting.close();
  }
}

/** Real and simulated results never share a folder. Nothing simulated ever goes to a bucket. */
export async function takeFolder({ terminal }: Context, { simulator }: Setting, folder: string): Promise<void> {
  if (isBucketPlace(folder)) return;
  const aside = await claimFolder(folder, simulator !== null);
  if (aside !== null) terminal.say(`${folder} held simulated results. They are in ${aside} now.`);
}

export function saySimulated({ terminal }: Context, { simulator }: Setting): void {
  if (simulator !== null) terminal.say(`Simulated: the upstreams at ${simulator} are our simulator. Nothing is paid, and the videos are samples.`);
}

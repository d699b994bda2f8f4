/** `dailies enqueue FILE|-`: puts the prompts into the ledger and leaves the rest to the workers. Unattended: they go on without us. */
import path from 'node:path';
import { awaitBatch } from '../batch/await-batch.ts';
import { Board } from '../batch/board.ts';
import { enlist } from '../batch/enlist.ts';
import { readPrompts } from '../batch/prompts.ts';
import type { Context } from '../context.ts';
import { withSession } from '../session.ts';
import { folderOfRun, openSetting } from '../setting.ts';
import { dryRun } from './dry-run.ts';
import { saySimulated, takeFolder, type RunOptions } from './run.ts';
import { folderOfBatch, warnWithoutWorker } from './watch.ts';

export async function enqueue(context: Context, file: string, options: RunOptions & { watch?: boolean | undefined }): Promise<number> {
  if (options.dryRun === true) return dryRun(context, file, options);
  const { terminal } = context;
  const { json = false, wait = false, prune = false, skipInvalid = false } = options;
  const setting = await openSetting(context, { simulate: options.simulate, upstreams: true });
  try {
    const { batch, items, webhook, skipped: invalid } = await readPrompts(context, setting.config, file, options);
    saySimulated(context, setting);
    const own = options.out === undefined ? undefined : path.resolve(context.places.cwd, options.out);
    await takeFolder(context, setting, own ?? folderOfRun(setting, batch));
    // A real one is left to the workers, which may be on another machine and have another OUT_DIR.
    const folder = own ?? (setting.simulator === null ? undefined : folderOfRun(setting, batch));
    return await withSession(context, setting, { patient: true }, async (session) => {
      const enlisted = await enlist(context, session, { file, batch, items, folder, webhook, attended: false, prune, skipInvalid, leftOut: invalid });
      const skipped = invalid + enlisted.refused;
      terminal.say(`${batch}: accepted ${enlisted.created} new, ${enlisted.known} known${enlisted.recalled > 0 ? `, ${enlisted.recalled} read back` : ''}${skipped > 0 ? `, ${skipped} left out` : ''}.`);
      await warnWithoutWorker(context, session);
      if (options.watch === true) {
        const waiting = await awaitBatch(context, session, new Board(enlisted.members), { batch, json, wait });
        return (await waiting.report({ folder: await folderOfBatch(session, batch), skipped, suffix: setting.suffix })).exitCode;
      }
      if (json) {
        for (const { id, provider, state, line } of enlisted.members) terminal.data(`${JSON.stringify({ id, provider, state, batch, line })}\n`);
        terminal.data(`${JSON.stringify({ type: 'summary', batch, total: enlisted.members.length, created: enlisted.created, known: enlisted.known, recalled: enlisted.recalled, skipped, exitCode: 0 })}\n`);
      } else {
        terminal.data(enlisted.members.map(({ id }) => `${id}\n`).join(''));
        terminal.say(`To follow: dailies watch ${batch}${setting.suffix}`);
      }
      return 0;
    });
  } finally {
    await setting.close();
  }
}

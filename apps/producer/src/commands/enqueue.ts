/** `dailies enqueue FILE|-`: puts the prompts into the ledger and leaves the rest to the workers. Unattended: they go on without us. */
import { pauses, readBatch } from '@dailies/queue';
import { folderOfBatch, folderOfRun } from '../batch/files/batch-folder.ts';
import { claimFolder } from '../batch/files/claim-folder.ts';
import { filesNotHere } from '../batch/files/files-elsewhere.ts';
import { awaitBatch } from '../batch/follow/await-batch.ts';
import { Board } from '../batch/follow/board.ts';
import { warnWithoutWorker, withoutWorkerText } from '../batch/follow/warn-without-worker.ts';
import { type Enlisted, enlist, enlistedText } from '../batch/intake/enlist.ts';
import { confirmMovedFile } from '../batch/intake/moved-file.ts';
import { readPrompts } from '../batch/intake/prompts.ts';
import { type HoldingPause, holdingPauses } from '../batch/holding-pauses.ts';
import { Complaint } from '../complaint.ts';
import type { Context } from '../context.ts';
import { holdingPauseText } from '../pages/holding-pauses-text.ts';
import { withSession } from '../session.ts';
import { openSetting, saySimulated } from '../setting.ts';
import { dryRun } from './dry-run.ts';
import type { RunOptions } from './run.ts';

export async function enqueue(context: Context, file: string, options: RunOptions & { watch?: boolean | undefined }): Promise<number> {
  if (options.wait === true && options.watch !== true) {
    throw new Complaint('--wait goes with --watch: add --watch to the same command. Nothing was enqueued.');
  }
  if (options.dryRun === true) return dryRun(context, file, options);
  const { terminal } = context;
  const { json = false, wait = false, prune = false, skipInvalid = false } = options;
  const setting = await openSetting(context, { simulate: options.simulate, upstreams: true });
  try {
    const { batch, items, webhook, skipped: leftOut } = await readPrompts(context, setting.config, file, options);
    saySimulated(context, setting);
    const here = folderOfRun(context, setting, batch, options.out);
    return await withSession(context, setting, { patient: true }, async (session) => {
      // A real folder that the person did not name is left to the workers, which may be on another machine and have another OUT_DIR. A simulated batch
      // that is known keeps its folder.
      const isTheirs = setting.simulator === null || (await readBatch(session.desk.store, batch)) !== null;
      const folder = options.out === undefined && isTheirs ? undefined : here;
      // The claim of a simulated folder makes it, which nobody wants of one that the batch does not use.
      if (setting.simulator === null || folder !== undefined) await claimFolder(context, here, setting.simulator !== null);
      await confirmMovedFile(context, session, { file, batch, items, folder: here });
      const enlisted = await enlist(context, session, { file, batch, items, folder, webhook, attended: false, prune, skipInvalid, leftOut });
      terminal.say(`${batch}: accepted ${enlistedText(enlisted)}.`);
      await warnWithoutWorker(context, session);
      if (options.watch === true) {
        const board = new Board(enlisted.members);
        const waiting = await awaitBatch(context, session, board, { batch, json, wait });
        const notHere = await filesNotHere(session.desk.store, board.ids());
        const report = await waiting.report({
          folder: await folderOfBatch(session, batch),
          skipped: enlisted.leftOut,
          suffix: setting.suffix,
          notHere,
          alone: setting.config.redisUrl === null,
          followed: 'unattended',
          withoutWorker: context.interrupts.stopping.aborted ? await withoutWorkerText(session) : null,
        });
        return report.exitCode;
      }
      // What is accepted is so, whatever can be said of it now.
      const holding = holdingPauses(enlisted.members, await pauses(session.desk.store).catch(() => []), setting.suffix);
      for (const one of holding) terminal.say(holdingPauseText(one));
      if (json) terminal.data(jsonOf(batch, enlisted, holding));
      else {
        terminal.data(enlisted.members.map(({ id }) => `${id}\n`).join(''));
        terminal.say(`To follow: dailies watch ${batch}${setting.suffix}`);
      }
      return 0;
    });
  } finally {
    await setting.close();
  }
}

function jsonOf(batch: string, { members, created, known, recalled, leftOut }: Enlisted, holding: readonly HoldingPause[]): string {
  const held = holding.length === 0 ? {} : { pauses: holding };
  const summary = { type: 'summary', batch, total: members.length, created, known, recalled, skipped: leftOut, ...held, exitCode: 0 };
  const rows = members.map(({ id, provider, state, line }) => ({ id, provider, state, batch, line }));
  return [...rows, summary].map((row) => `${JSON.stringify(row)}\n`).join('');
}

/**
 * `dailies watch BATCH`: live progress, and the exit code of the batch. It works on nothing itself; a batch that `run` made is submitted
 * while somebody watches it.
 */
import { MOVING } from '@dailies/queue';
import { folderOfBatch } from '../batch/files/batch-folder.ts';
import { filesNotHere } from '../batch/files/files-elsewhere.ts';
import { startAttending } from '../batch/follow/attendance.ts';
import { awaitBatch } from '../batch/follow/await-batch.ts';
import { Board, type Member } from '../batch/follow/board.ts';
import { warnWithoutWorker, withoutWorkerText } from '../batch/follow/warn-without-worker.ts';
import type { CommandOptions, Context } from '../context.ts';
import { findBatch, generationsOf } from '../lookup.ts';
import { withSession } from '../session.ts';
import { openSetting } from '../setting.ts';

export interface WatchOptions extends CommandOptions {
  wait?: boolean | undefined;
}

export async function watch(context: Context, name: string, { simulate, json = false, wait = false }: WatchOptions): Promise<number> {
  const setting = await openSetting(context, { simulate });
  return withSession(context, setting, { patient: true }, async (session) => {
    const { store } = session.desk;
    const found = await findBatch(store, name, setting.suffix);
    const batch = found.name;
    const attendance = found.attended ? await startAttending(store, batch, session.log) : null;
    try {
      const members: Member[] = [];
      for await (const { id, provider, account, state } of generationsOf(store, { batch: found })) members.push({ id, provider, account, state });
      const board = new Board(members);
      if (members.some(({ state }) => MOVING.includes(state))) await warnWithoutWorker(context, session);
      const waiting = await awaitBatch(context, session, board, { batch, json, wait });
      const notHere = await filesNotHere(store, board.ids());
      const outcome = await waiting.report({
        folder: await folderOfBatch(session, batch),
        skipped: 0,
        suffix: setting.suffix,
        notHere,
        alone: setting.config.redisUrl === null,
        followed: found.attended ? 'attended' : 'unattended',
        withoutWorker: context.interrupts.stopping.aborted ? await withoutWorkerText(session) : null,
      });
      return outcome.exitCode;
    } finally {
      await attendance?.leave().catch(() => undefined);
    }
  });
}

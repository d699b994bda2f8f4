/**
 * `dailies watch BATCH`: live progress, and the exit code of the batch. It works on nothing itself; a batch that `run` made is submitted
 * while somebody watches it.
 */
import { startAttending } from '../batch/attendance.ts';
import { awaitBatch } from '../batch/await-batch.ts';
import { Board, type Member } from '../batch/board.ts';
import type { Context } from '../context.ts';
import { findBatch, generationsOf } from '../lookup.ts';
import { type Session, withSession } from '../session.ts';
import { defaultFolder, openSetting } from '../setting.ts';

export interface WatchOptions {
  simulate?: boolean | undefined;
  json?: boolean | undefined;
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
      if (members.some((one) => one.state === 'queued')) await warnWithoutWorker(context, session);
      const waiting = await awaitBatch(context, session, board, { batch, json, wait });
      return (await waiting.report({ folder: await folderOfBatch(session, batch), skipped: 0, suffix: setting.suffix })).exitCode;
    } finally {
      await attendance?.leave().catch(() => undefined);
    }
  });
}

export async function folderOfBatch({ desk, config }: Session, batch: string): Promise<string> {
  const { folder } = await findBatch(desk.store, batch);
  return folder ?? defaultFolder(config, batch);
}

/** Without one nothing moves, and nothing else would say so. */
export async function warnWithoutWorker({ terminal }: Context, { desk, setting }: Session): Promise<void> {
  const workers = await Promise.all(desk.queues.all().map((queue) => queue.getWorkersCount().catch(() => 1)));
  if (workers.some((count) => count > 0)) return;
  const how = setting.simulator === null ? '`npm start` runs one, and `dailies run` is one' : '`dailies start --simulate` runs one, and `dailies run … --simulate` is one';
  terminal.say(`No worker is running now: ${how}.`);
}

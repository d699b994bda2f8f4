/**
 * The whole of `dailies run` after its file was read: attend, enlist, work, bring the files, wait, report. One process is enough;
 * others that work on the same ledger are welcome. The order of the ends: the worker, the attendance; the session is its opener's.
 */
import { batchFolder, endsWithin } from '@dailies/queue';
import { composeWorker, type WorkerService } from '../compose.ts';
import type { Context } from '../context.ts';
import type { Session } from '../session.ts';
import { startAttending } from './follow/attendance.ts';
import { awaitBatch } from './follow/await-batch.ts';
import { Board } from './follow/board.ts';
import { enlist, enlistedText } from './intake/enlist.ts';
import { filesElsewhere } from './files/files-elsewhere.ts';
import type { Outcome } from './follow/outcome.ts';
import type { Prompts } from './intake/prompts.ts';
import { bringFiles } from './files/stored-files.ts';

export interface WorkOptions {
  file: string;
  /** Absolute. */
  folder: string;
  json: boolean;
  wait: boolean;
  prune: boolean;
  skipInvalid: boolean;
}

/** Milliseconds for the last writing of the folder's pages, which are also written as results arrive. */
const WRITE_MS = 10_000;
/** How long a run waits for webhooks, which the next one goes on with. */
const TELL_MS = 15_000;

export async function workBatch(context: Context, session: Session, prompts: Prompts, options: WorkOptions): Promise<Outcome> {
  const { terminal, interrupts } = context;
  const { batch, items, webhook } = prompts;
  const { config, desk, log, redisUrl, setting } = session;
  const { folder, json, wait } = options;
  // This comes before there is anything that could be submitted.
  const attendance = await startAttending(desk.store, batch, log);
  let worker: WorkerService | null = null;
  try {
    const enlisted = await enlist(context, session, { ...options, batch, attended: true, items, webhook, leftOut: prompts.skipped });
    const board = new Board(enlisted.members);
    terminal.say(`${batch}: ${enlistedText(enlisted)}. Results go to ${folder}`);
    worker = await composeWorker({ config, redisUrl, log, healthPort: null });
    sayHowItStops(context, worker, config.stopDeadlineMs);
    interrupts.limitStop(config.stopDeadlineMs, (line) => terminal.say(line));
    // After Ctrl-C during the intake, nothing is started that would only have to be stopped.
    if (!interrupts.stopping.aborted) await worker.start();
    const working = worker;
    // The worker is stopped at once. What follows may never end without Redis, and the worker must write down what was paid for.
    interrupts.onStop(() => void working.stop(config.stopDeadlineMs));
    await bringEarlierFiles(context, session, board, folder);
    const waiting = await awaitBatch(context, session, board, { batch, json, wait });
    if (!interrupts.stopping.aborted) await writeFolder(context, worker, batch);
    if (!interrupts.stopping.aborted) await tellWebhooks(context, worker);
    await worker.stop(config.stopDeadlineMs);
    const elsewhere = await filesElsewhere(desk.store, board.ids(), folder);
    const place = await batchFolder(desk.store, batch);
    const movedTo = place === folder ? null : place;
    const [skipped, alone] = [enlisted.leftOut, config.redisUrl === null];
    return await waiting.report({ folder, movedTo, skipped, elsewhere: elsewhere.length, suffix: setting.suffix, alone });
  } finally {
    await worker?.stop(config.stopDeadlineMs);
    await attendance.leave().catch(() => undefined);
  }
}

async function bringEarlierFiles({ terminal, interrupts }: Context, { desk, results, setting }: Session, board: Board, folder: string): Promise<void> {
  const done = [...board.members()].filter((one) => one.state === 'succeeded').map((one) => one.id);
  if (done.length === 0) return;
  const { whole, copied, fetching, removed, unseen, unseenWhy, left } = await bringFiles({ desk, results }, done, { folder, stopping: interrupts.stopping });
  const others = [[copied, 'copied there'], [fetching, 'fetched again'], [removed, 'removed by retention'], [left, 'not looked at any more']] as const;
  const found = [`${whole} whole in their folder`, ...others.flatMap(([count, what]) => (count > 0 ? [`${count} ${what}`] : []))];
  terminal.say(`Of ${done.length} done before: ${found.join(', ')}.`);
  if (removed > 0) {
    const remedy = `\`dailies retry ID${setting.suffix}\` fetches one again, free, while the upstream still has it.`;
    terminal.say(`What retention removed stays removed, and is not paid again. ${remedy}`);
  }
  if (unseen > 0) terminal.say(`${unseen} could not be looked at, and are left as they are: ${unseenWhy}`);
}

function sayHowItStops({ terminal, interrupts }: Context, worker: WorkerService, deadlineMs: number): void {
  interrupts.onStop(() => {
    const count = worker.submitting().length;
    const waitsFor = count === 0 ? 'what is under way' : `${count} ${count === 1 ? 'submit' : 'submits'} under way`;
    terminal.say(`Stopping: waiting for ${waitsFor}, ${Math.ceil(deadlineMs / 1000)} s at most. Ctrl-C again stops at once.`);
  });
  interrupts.onHardStop(() => {
    terminal.pin([]);
    const ids = worker.submitting();
    if (ids.length === 0) terminal.say('Stopped at once; no submit was under way.');
    else terminal.say(`Stopped at once. May have been billed, to be settled by the next run: ${ids.join(', ')}`);
  });
}

/** Delivers the webhooks that are due, the one of the batch's end among them: this process may be the only one that delivers any. */
async function tellWebhooks({ terminal }: Context, worker: WorkerService): Promise<void> {
  const waiting = await worker.flushWebhooks(TELL_MS).catch(() => 0);
  if (waiting === 0) return;
  const [what, them] = waiting === 1 ? ['webhook waits', 'it'] : ['webhooks wait', 'them'];
  terminal.say(`${waiting} ${what} for another try: the next \`dailies run\`, or \`npm start\`, goes on with ${them}.`);
}

/** Writes the folder's pages a last time. They are also written as results arrive, so a lock that a dead process still holds is not waited for. */
async function writeFolder({ terminal }: Context, worker: WorkerService, batch: string): Promise<void> {
  try {
    if (!(await endsWithin(WRITE_MS, worker.writeFolder(batch)))) throw new Error('another process holds the folder');
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    terminal.say(`The manifest and index.html may lack the last results (${why}). The same command again writes them.`);
  }
}

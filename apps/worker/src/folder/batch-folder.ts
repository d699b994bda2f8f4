/**
 * Keeps the pages of the batch folders, and of the folders of singles. When a generation of a folder has ended, or has a task again in a later round,
 * the manifests and the contact sheet of the folder are written again, whole, from the ledger.
 * It follows the event stream and is never a record itself.
 */
import { setTimeout as rest } from 'node:timers/promises';
import { EVENTS_AT_ONCE, hasFallenBehind, lastEventId, type LedgerEvent, MOVING, readEvents, type RedisConnection } from '@dailies/queue';
import { codeOf } from '@dailies/results';
import type { WorkerContext } from '../context.ts';
import { folderNameOf, folderNames } from './folder-of.ts';
import { createKeptPages } from './kept-pages.ts';
import { LONGEST_QUIET_MS, quietMs, restMs } from './quiet.ts';
import { writeFolder } from './write-folder.ts';

export interface BatchFolders {
  run(): Promise<void>;
  write(batch: string): Promise<void>;
  /** Has a folder written again soon, since something in it changed without a transition. `name`: of a batch, or `_single/<yyyy-mm>`. */
  touch(name: string): void;
  /**
   * For a stop, at its beginning, and again when nothing ends here any more: writes what `run` had not come to, and what has a task or is in doubt, so that
   * a folder that is taken away pays for none of it again. No folder is begun after `last` (epoch milliseconds).
   */
  finish(last: number): Promise<void>;
}

/** Transitions come in crowds: they are read together, not each for itself. */
const GATHER_MS = 50;
/** How often it is tried again while another worker holds a folder. */
const LOOK_AGAIN_MS = 200;
/** For so long folders of the first pass are written, until events are looked at again: a ledger of years has a hundred thousand. */
const TURN_MS = 500;

/** `events` is a connection of its own: reading the stream blocks it. */
export function createBatchFolders(context: WorkerContext, events: RedisConnection): BatchFolders {
  const { store, stopping, log } = context;
  /** Folders that are to be written again. */
  const dirty = new Set<string>();
  /** Folders that the first pass, or one after a gap in the stream, has not come to. */
  const unseen = new Set<string>();
  /** Folders in which a generation has a task, or is in doubt, since they were written. Only a stop writes them for that. */
  const paid = new Set<string>();
  /** Why each folder could not be written, as it was logged: a folder of another machine is tried again every second, for ever, and logged once. */
  const said = new Map<string, string>();
  /** What was logged last, of any folder, since one was written: a bucket that is away says the same of all folders that ever were. */
  let saidLast = '';
  const kept = createKeptPages(context);
  let quietUntil = 0;
  /** Until when large folders are left alone, beyond the quiet of all. */
  const restUntil = new Map<string, number>();
  /** From then on no folder is begun: `run` ends with the work, and after the last `finish` there is no connection to Redis any more. */
  let until = Infinity;
  stopping.addEventListener('abort', () => (until = 0), { once: true });
  /** The event up to which folders were marked. */
  let after = '$';

  function sayOnce(batch: string, error: unknown): void {
    const why = codeOf(error) ?? String(error);
    const isNews = said.get(batch) !== why && saidLast !== String(error);
    if (isNews) log.warn({ batch, err: error }, 'batch folder not written: tries again');
    // Where others can be written again and this one cannot, it has to be told of.
    said.set(batch, isNews ? why : (said.get(batch) ?? ''));
    saidLast = String(error);
  }

  /** Every folder is written once: a generation may have ended while nobody wrote (a crash between `succeeded` and the manifest). */
  async function begin(): Promise<void> {
    // Of a folder that is new from here on an event tells.
    after = await lastEventId(store);
    await markAll();
  }

  async function markAll(): Promise<void> {
    // One that was written a moment ago, for so long that the stream was trimmed meanwhile, rests as ever: it would be written without end.
    for (const name of await folderNames(store)) (restUntil.has(name) ? dirty : unseen).add(name);
  }

  async function follow(): Promise<void> {
    const found = await markNext(unseen.size > 0 && Date.now() < until ? null : dirty.size > 0 ? 200 : 1_000);
    for (const name of await kept.changed()) dirty.add(name);
    const due = Date.now() < quietUntil ? [] : [...dirty].filter((name) => Date.now() >= (restUntil.get(name) ?? 0));
    if (due.length > 0) {
      const started = Date.now();
      let rows = 0;
      try {
        for (const name of due) {
          if (Date.now() >= until) break;
          rows += await writeAll([name]);
          // Thousands of folders, or slow ones, take longer than the stream keeps their events.
          await markNext(null);
        }
      } finally {
        quietUntil = Date.now() + quietMs(rows, Date.now() - started);
      }
    }
    // Only for a moment: what ends now is not to wait for all that ever was, nor may its events be trimmed meanwhile.
    if (unseen.size > 0) await writeAll(unseen, performance.now() + TURN_MS);
    if (found > 0 && !stopping.aborted) await rest(GATHER_MS);
  }

  /** Marks the folders of all events up to now, and answers how many these were. Waits for the first only. */
  async function markNext(waitMs: number | null): Promise<number> {
    const found = await readEvents(events, store, after, waitMs);
    const isFull = found.length >= EVENTS_AT_ONCE;
    // A suspended process, or one very slow folder: the stream may have lost what happened meanwhile, and no event tells of which folder.
    if (isFull && (await hasFallenBehind(store, after))) await markAll();
    // All at once: of a single the folder is asked of the ledger, and one by one that could take longer than it took them to happen.
    await Promise.all(found.map(mark));
    after = found.at(-1)?.at ?? after;
    // During a folder of some seconds more may happen than one read answers: left behind each time, the reader would lose what the stream trims.
    return isFull ? found.length + (await markNext(null)) : found.length;
  }

  async function mark(event: LedgerEvent): Promise<void> {
    if (!MOVING.includes(event.to) || (hasTask(event) && event.round > 1)) dirty.add(await folderNameOf(store, event));
    else if (hasTask(event) || isDoubt(event)) paid.add(await folderNameOf(store, event));
  }

  /** None is begun after `last`, by the clock that nobody sets. Answers how many rows were written. */
  async function writeAll(folders: Iterable<string>, last = Infinity): Promise<number> {
    let rows = 0;
    const names = [...folders];
    for (const batch of names) {
      const started = Date.now();
      if (Date.now() >= until || performance.now() >= last) break;
      // Before the folder is read: one that is touched while it is written is written once more.
      dirty.delete(batch);
      unseen.delete(batch);
      paid.delete(batch);
      const written = await writeFolder(context, kept, batch).catch((error: unknown) => {
        sayOnce(batch, error);
        return null;
      });
      // A folder that could not be written (a full disk) is left for the next time, and holds up no other.
      if (written === null) dirty.add(batch);
      else {
        said.delete(batch);
        saidLast = '';
      }
      const alone = restMs(written ?? 0, Date.now() - started);
      if (alone > LONGEST_QUIET_MS) restUntil.set(batch, Date.now() + alone);
      else restUntil.delete(batch);
      rows += written ?? 0;
    }
    return rows;
  }

  return {
    async run() {
      let next = async (): Promise<void> => {
        await begin();
        next = follow;
      };
      while (!stopping.aborted) {
        await next().catch(async (error: unknown) => {
          if (!stopping.aborted) log.warn({ err: error }, 'batch folders');
          await rest(1_000);
        });
      }
    },
    async finish(last) {
      until = last;
      // Soon after a start every folder may be left: those in which something happened come first.
      const left = [...dirty, ...unseen];
      dirty.clear();
      unseen.clear();
      try {
        while ((await markNext(null)) > 0 && Date.now() < until);
      } finally {
        for (const name of [...paid, ...left]) dirty.add(name);
      }
      await writeAll(dirty);
      // Another worker that stops may hold a folder, and have read its rows before the last of ours were there. A folder with a fault is not waited for.
      while (Date.now() < until && [...dirty].some((name) => !said.has(name))) {
        await rest(LOOK_AGAIN_MS);
        await writeAll(dirty);
      }
      // The first may have been held up until the second has begun.
      if (until === last) until = 0;
    },
    touch: (name) => void dirty.add(name),
    async write(batch) {
      // Before it is read, as above.
      dirty.delete(batch);
      unseen.delete(batch);
      while ((await writeFolder(context, kept, batch)) === null) await rest(LOOK_AGAIN_MS);
    },
  };
}

/** Some upstreams finish at once: then it never renders. */
function hasTask({ to }: LedgerEvent): boolean {
  return to === 'rendering' || to === 'downloading';
}

/** That a doubt has begun, or that it is over. */
function isDoubt({ from, to }: LedgerEvent): boolean {
  return to === 'ambiguous' || from === 'ambiguous';
}

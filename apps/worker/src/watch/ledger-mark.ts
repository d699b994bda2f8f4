/**
 * The ledger mark: the worker's memory of how far it has seen the ledger (packages/queue/src/ledger/guard/rollback-guard.ts). It is kept in a small file
 * outside of Redis, so that a restored backup does not set it back too. It is written about once a second while it moves, and when the worker stops.
 * Losing it is harmless until the next restore.
 */
import { mkdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { type Guard, openGuard } from '@dailies/queue';
import type { WorkerContext } from '../context.ts';
import { writeWhole } from '../folder/whole-file.ts';
import { makeStateFolder } from '../state-folder.ts';

export interface LedgerMark {
  /** Reads what was seen before, and compares it with the ledger from now on. Call it before anything is submitted. */
  start(): Promise<void>;
  /** Moves the mark up to an intent of this process. `intent`: the stream id of its event. */
  saw(intent: string): void;
  /** Compares the mark with the ledger, moves it up to what the ledger has now, and writes it down. */
  advance(): Promise<void>;
  /** Writes down what this process has seen; also while Redis is away. */
  write(): Promise<void>;
}

export function createLedgerMark({ config, store, log }: Pick<WorkerContext, 'config' | 'store' | 'log'>): LedgerMark {
  const file = path.join(config.stateFolder, `ledger-mark.${store.keys.tag.replace(/[^A-Za-z0-9._-]/g, '_')}`);
  let written = '';
  let guard: Guard | null = null;

  async function advance(): Promise<void> {
    await guard?.advance();
    await write();
  }

  async function write(): Promise<void> {
    const mark = guard?.mark() ?? written;
    if (mark === written) return;
    await mkdir(path.dirname(file), { recursive: true });
    await writeWhole(file, [mark]);
    written = mark;
  }

  return {
    async start() {
      await makeStateFolder(config.stateFolder);
      written = await readFile(file, 'utf8').catch(() => '');
      const opened = await openGuard(store, MARK.test(written) ? written : '', config.redisReplicas);
      guard = opened;
      store.mark = () => opened.mark();
      await advance();
      // An error, since `run` shows no warnings, and it is about to submit.
      if (opened.followsAnother) log.error(ANOTHER);
      if (await store.redis.hexists(store.keys.pauses, 'ledger')) {
        const why = 'this Redis was rolled back (a restored backup, or a fail-over that lost writes)';
        log.error(`nothing is submitted: ${why}; \`dailies doctor --after-restore\` settles it`);
      }
    },
    saw: (intent) => guard?.saw(intent),
    advance,
    write,
  };
}

/** A new Redis on purpose is told this once; one that has started without its files must not be taken for it. */
const ANOTHER = [
  'this Redis has another ledger than the one that DAILIES_DIR remembers: it knows nothing of what was accepted there.',
  'If it should be the same one, it has started without its data: stop everything, before somebody enqueues the same prompts and pays again',
].join(' ');

const MARK = /^\S+ \d+ \d+-\d+$/;

/**
 * `dailies doctor --after-restore`: after a backup of Redis came back. Where no worker has noticed one, it asks first: on a healthy ledger it
 * would put every queued prompt in doubt for nothing.
 */
import { afterRestore, heldShards } from '@dailies/queue';
import { Complaint } from '../complaint.ts';
import type { CommandOptions, Context } from '../context.ts';
import { withSession } from '../session.ts';
import { openSetting } from '../setting.ts';
import { unlessInterrupted } from '../unless-interrupted.ts';

interface SettleOptions extends CommandOptions {
  yes?: boolean | undefined;
}

/** True wherever Ctrl-C comes: of several shards, some may not have been come to, and others may be through. */
const UNDONE = 'What is in doubt is not submitted before this command has come to its end: run it again.';

export async function settleRestored(context: Context, options: SettleOptions): Promise<number> {
  const { terminal } = context;
  const setting = await openSetting(context, options);
  return withSession(context, setting, { patient: true }, async ({ desk }) => {
    if ((await heldShards(desk.store)).length === 0 && options.yes !== true) await agree(context);
    const { restoredAt, inDoubt, onTheirWay } = await unlessInterrupted(context, afterRestore(desk), UNDONE);
    const newest = restoredAt === 0 ? null : new Date(restoredAt).toISOString();
    if (options.json === true) {
      terminal.data(`${JSON.stringify({ type: 'after-restore', restoredAt: newest, inDoubt, onTheirWay })}\n`);
      return 0;
    }
    terminal.data(
      `${newest === null ? 'Nothing in this ledger was begun' : `The newest step of a worker that this ledger knows is of ${newest}`}.\n` +
        unlessNone(inDoubt, 'may have been submitted since: a worker looks each up within minutes; what cannot be looked up becomes unresolved') +
        unlessNone(onTheirWay, 'had a task already, which is polled on') +
        `Submits go on. Then look at: dailies status${setting.suffix}\n`,
    );
    return 0;
  });
}

function unlessNone(count: number, what: string): string {
  return count === 0 ? '' : `${count} ${what}.\n`;
}

async function agree({ terminal }: Context): Promise<void> {
  const question = 'No worker has noticed that this ledger was rolled back. Everything that is queued would be put in doubt and looked up';
  if (!terminal.canAsk) throw new Complaint(`Nothing was done: ${question.charAt(0).toLowerCase()}${question.slice(1)}. If a backup was restored, add --yes.`);
  if (!(await terminal.ask(`${question}. Was a backup restored?`))) throw new Complaint('Nothing was done.');
}

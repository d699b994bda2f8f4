/** The held generations of a batch or of accounts: how many, for which reason, and what helps. Reads a few fields of each, only while some are queued. */
import type { ProviderName } from '@dailies/providers';
import { type Batch, batchIds, type HeldReason, heldOf, readWhereabouts, type Store } from '@dailies/queue';

interface Hold {
  reason: HeldReason;
  provider: ProviderName;
  account: string;
}

export interface HeldWork extends Hold {
  count: number;
  why: string;
  /** A command, or what else helps. */
  remedy: string;
}

/** Polls of another account are held as well. `suffix`: what a command that we suggest must have behind it. */
export async function heldOfBatch(store: Store, { name, counts }: Batch, suffix: string): Promise<HeldWork[]> {
  const { queued, rendering, ambiguous, overdue } = counts;
  if (queued + rendering + ambiguous + overdue === 0) return [];
  return heldWork(await holdsOf(store, await batchIds(store, name)), name, suffix);
}

/** Of each account once, though several providers may share it. */
export async function heldOfAccounts(store: Store, accounts: ReadonlySet<string>, suffix: string): Promise<HeldWork[]> {
  const ids = (await Promise.all([...accounts].map((account) => heldOf(store, account)))).flat();
  return heldWork(await holdsOf(store, ids), 'BATCH', suffix);
}

async function holdsOf(store: Store, ids: readonly string[]): Promise<Hold[]> {
  const members = await readWhereabouts(store, ids);
  return members.flatMap(({ held, provider, account }) => (held === null ? [] : [{ reason: held, provider, account }]));
}

/** Pure. `batch`: as it stands in a command. */
function heldWork(holds: readonly Hold[], batch: string, suffix: string): HeldWork[] {
  const found = new Map<string, HeldWork>();
  for (const hold of holds) {
    const key = JSON.stringify(hold);
    const known = found.get(key);
    if (known === undefined) found.set(key, { ...hold, count: 1, ...WORDS[hold.reason](hold.account, `${batch}${suffix}`) });
    else known.count += 1;
  }
  return [...found.values()];
}

const WORDS: Readonly<Record<HeldReason, (account: string, batch: string) => Pick<HeldWork, 'why' | 'remedy'>>> = {
  unattended: (_account, batch) => ({ why: 'the run that made them was stopped', remedy: `run their file again, or dailies watch ${batch}` }),
  origin: (account) => ({
    why: `they were enqueued for ${account}, which the worker that came by is not configured for`,
    remedy: 'start a worker with the key and address of that account, or cancel them',
  }),
  dropped: () => ({ why: 'a later file of their batch does not have them', remedy: 'run a file that has them, or cancel them' }),
  offered: () => ({
    why: 'a callback has named a task of each, which the upstream has not answered for yet',
    remedy: 'nothing, they go on by themselves',
  }),
};

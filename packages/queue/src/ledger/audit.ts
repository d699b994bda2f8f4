/** Who did what, when: a bounded stream in the ledger, about the last 10,000 actions of people. Only added to. */
import { recordOfPairs } from './pairs.ts';
import type { Store } from './store.ts';

export interface AuditEntry {
  /** Epoch milliseconds. */
  at: number;
  /** Name of the user, or of the API key. */
  who: string;
  role: string;
  /** What was asked for, as `retry`, `PUT /queues/…`. */
  what: string;
  /** Generation, batch, provider; empty where there is none. */
  target: string;
  /** `done`, `refused`, `failed`, with the reason. */
  outcome: string;
  /** Address it came from. */
  address: string;
}

const MOST = 10_000;
const LONGEST = 500;

export async function writeAudit(store: Store, entry: Omit<AuditEntry, 'at'>): Promise<void> {
  const { who, role, what, target, outcome, address } = entry;
  const fields = Object.entries({ who, role, what, target, outcome, address }).flatMap(([name, value]) => [name, value.slice(0, LONGEST)]);
  await store.redis.xadd(store.keys.audit, 'MAXLEN', '~', MOST, '*', ...fields);
}

/** Newest first. `before`: the `id` that the page before ended with. */
export async function readAudit(store: Store, most: number, before?: string): Promise<(AuditEntry & { id: string })[]> {
  const entries = await store.redis.xrevrange(store.keys.audit, before === undefined ? '+' : `(${before}`, '-', 'COUNT', most);
  return entries.map(([id, pairs]) => {
    const { who = '', role = '', what = '', target = '', outcome = '', address = '' } = recordOfPairs(pairs);
    return { id, at: Number(id.split('-')[0]), who, role, what, target, outcome, address };
  });
}

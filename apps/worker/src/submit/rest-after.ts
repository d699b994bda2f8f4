/** What a refusal that ends by itself (slots full, rate, no connection) tells of the account, and how long the account rests after it. */
import type { ProviderError } from '@dailies/providers';
import { coolDown, learnAnswered, learnDoubt, learnFull } from '@dailies/queue';
import type { WorkerContext } from '../context.ts';
import type { Sent } from './sent.ts';

/** The first rest, and the longest. All refusals of submits that were under way at the same time count as one (ledger/account/cooldown.ts). */
const COOL_DOWN: Record<'rate' | 'slots' | 'unavailable', { firstMs: number; maxMs: number }> = {
  rate: { firstMs: 2_000, maxMs: 60_000 },
  slots: { firstMs: 2_000, maxMs: 30_000 },
  unavailable: { firstMs: 1_000, maxMs: 60_000 },
};

const AS_ASKED = { firstMs: 0, maxMs: 0 };

/** Milliseconds until the account is submitted to again; 0: at once, or as soon as a slot is free. */
export async function restAfter(context: WorkerContext, sent: Sent, error: ProviderError): Promise<number> {
  const { store } = context;
  const { account } = sent.generation;
  switch (error.kind) {
    case 'slots': {
      // While a task of ours runs there, its end makes room and wakes the gate, so that the slot is used again at once. The account rests only where no
      // task of ours can make room, or where the upstream says when to come back.
      const canOursMakeRoom = (await learnFull(store, account, sent.intentAt)) > 0;
      if (canOursMakeRoom && error.retryAfterMs === undefined) return 0;
      return coolDown(store, account, canOursMakeRoom ? AS_ASKED : COOL_DOWN.slots, error.retryAfterMs);
    }
    case 'unavailable':
      await noteDoubt(context, sent);
      return coolDown(store, account, COOL_DOWN.unavailable, error.retryAfterMs);
    case 'aborted':
      return 0;
    default:
      await learnAnswered(store, account, sent.intentAt);
      return coolDown(store, account, COOL_DOWN.rate, error.retryAfterMs);
  }
}

/** Counts one more submit in a row that nobody answered for. The third opens the breaker of the account. */
export async function noteDoubt({ store, log }: WorkerContext, { generation, by }: Sent): Promise<void> {
  const { account } = generation;
  if (await learnDoubt(store, account, by)) log.error({ account }, 'breaker open: nothing is submitted until the upstream answers a free request');
}

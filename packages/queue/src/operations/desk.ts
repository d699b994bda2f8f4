/** What every operation of a person works on: the ledger and the queues. */
import type { Store } from '../ledger/store.ts';
import type { Queues } from '../queues/queues.ts';

export interface Desk {
  store: Store;
  queues: Queues;
}

/** `by` of a person's change: unique per call, so that a resent script recognises itself. */
export function byPerson(round: number): string {
  return `${round}.person-${crypto.randomUUID()}`;
}

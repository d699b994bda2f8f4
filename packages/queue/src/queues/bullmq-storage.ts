/**
 * How BullMQ keeps its queues in Redis: the keys and scores that we look at, or move, without it. Whoever takes another version of BullMQ compares
 * them with its `queue-keys` and its scripts.
 */
import type { Store } from '../ledger/store.ts';

/** `wait`, `active`: lists of job ids. `prioritized`, `delayed`, `failed`: sorted sets of them. `meta`: a hash. */
type Part = 'wait' | 'prioritized' | 'delayed' | 'active' | 'failed' | 'meta';

export function partKey({ keys }: Pick<Store, 'keys'>, queue: string, part: Part): string {
  return `${keys.prefix}:${queue}:${part}`;
}

/** The hash of a job. */
export function jobKey({ keys }: Pick<Store, 'keys'>, queue: string, job: string): string {
  return `${keys.prefix}:${queue}:${job}`;
}

/** A score of `prioritized` is the priority times this, and a counter. */
export const PER_PRIORITY = 2 ** 32;

/** A score of `delayed` is the due time (epoch milliseconds) times this, and a counter. */
export const PER_MILLISECOND = 4_096;

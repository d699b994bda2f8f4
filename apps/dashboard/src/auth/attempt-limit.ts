/**
 * Slows down guessing: after some wrong passwords an address has to wait, longer with each further one. Kept in memory and bounded; an address
 * that is dropped because of the bound starts afresh.
 */
import { BoundedMap } from '@dailies/queue';

const FREE_ATTEMPTS = 5;
const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 60_000;
const FORGET_AFTER_MS = 15 * 60_000;
const MOST_ADDRESSES = 1_000;

export interface AttemptLimit {
  /** Milliseconds until the address may try again; 0: now. */
  waitMs(address: string): number;
  failed(address: string): void;
  succeeded(address: string): void;
}

export function createAttemptLimit(now: () => number = Date.now): AttemptLimit {
  const attempts = new BoundedMap<string, { failures: number; until: number; at: number }>(MOST_ADDRESSES);
  return {
    waitMs: (address) => Math.max(0, (attempts.get(address)?.until ?? 0) - now()),
    failed(address) {
      const before = attempts.get(address);
      const failures = before === undefined || now() - before.at > FORGET_AFTER_MS ? 1 : before.failures + 1;
      const wait = failures < FREE_ATTEMPTS ? 0 : Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** (failures - FREE_ATTEMPTS));
      attempts.delete(address);
      attempts.set(address, { failures, until: now() + wait, at: now() });
    },
    succeeded: (address) => void attempts.delete(address),
  };
}

/** How long and how often an event is tried, and when an endpoint counts as dead. Times in milliseconds. */
import type { DisableRules } from '@dailies/queue';

export interface DeliveryRules {
  /** Waits after the first, second, … failed try; after the last of them the event is given up. */
  retryMs: readonly number[];
  /** Each wait is longer or shorter by up to this part of itself, so that a returning receiver is not run over. */
  jitter: number;
  /** From the first byte to the last of an answer. */
  deadlineMs: number;
  /** Of an answer; what comes after it is not read. */
  mostBytes: number;
  disable: DisableRules;
}

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** Twelve tries over 24 hours. */
export const DELIVERY_RULES: DeliveryRules = {
  retryMs: [5_000, 30_000, 2 * MINUTE, 10 * MINUTE, 30 * MINUTE, HOUR, 2 * HOUR, 4 * HOUR, 4 * HOUR, 6 * HOUR, 7 * HOUR],
  jitter: 0.2,
  deadlineMs: 10_000,
  mostBytes: 16 * 1024,
  disable: { afterMs: 24 * HOUR, afterFailures: 10 },
};

/** Milliseconds until the next try after `tries` failed ones, or null: it is given up. What the receiver asks for is honoured where it is longer. */
export function nextTry({ retryMs, jitter }: DeliveryRules, tries: number, askedMs = 0, random: number = Math.random()): number | null {
  const wait = retryMs[tries - 1];
  return wait === undefined ? null : Math.max(askedMs, Math.round(wait * (1 + jitter * (2 * random - 1))));
}

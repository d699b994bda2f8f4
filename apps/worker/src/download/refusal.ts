/**
 * What an answer without the file means: whether a fresh link, time, or nothing helps.
 */
import { AssetError } from './asset-error.ts';

/** Signed links die with all sorts of 4xx, and for each of them a fresh link is the only remedy. */
export function statusError(status: number, shown: string, askedToWaitMs: number | undefined): AssetError {
  const message = `${shown} answered with HTTP ${status}.`;
  const busy = status === 408 || status === 425 || status === 429;
  if (status >= 400 && status < 500 && !busy) {
    return new AssetError('expired', `${message} The link has expired or is not ours to open; a fresh one is needed.`);
  }
  const waitMs = askedToWaitMs ?? (status === 429 ? UNSTATED_WAIT_MS : undefined);
  return new AssetError('interrupted', message, { retryAfterMs: waitMs, away: busy || status >= 500 });
}

const UNSTATED_WAIT_MS = 5_000;

/**
 * The paid bytes leave within this of the decision, or not at all: nobody else judges an intent before that. Checked where they leave, by
 * whichever clock went further: a suspended machine stops one of them, a correction moves the other.
 */
export const SEND_WITHIN_MS = 5_000;

/** Whether they may still leave, counted from this call. */
export function startSending(): () => boolean {
  const wall = Date.now();
  const monotonic = performance.now();
  return () => Math.max(Date.now() - wall, performance.now() - monotonic) < SEND_WITHIN_MS;
}

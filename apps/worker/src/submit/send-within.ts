/**
 * A paid request leaves within this time of the decision to send it, or not at all. No other worker judges its intent before then (watch/intents.ts),
 * so a request that was held up can never leave after another one was sent in its place. It is checked at the moment in which the bytes leave, by the
 * clock that went further: while a machine is suspended its monotonic clock stands still, and a correction may set its wall clock back.
 */
export const SEND_WITHIN_MS = 5_000;

/** Begins to count the time. Answers a function that tells whether the request may still leave. */
export function startSending(): () => boolean {
  const wall = Date.now();
  const monotonic = performance.now();
  return () => Math.max(Date.now() - wall, performance.now() - monotonic) < SEND_WITHIN_MS;
}

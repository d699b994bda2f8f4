/** Milliseconds until a lost Redis is tried again: at once at first, then once a second. BullMQ's own default goes up to 20 s. */
export function retryDelay(times: number): number {
  return Math.min(50 * 2 ** Math.min(times, 5), 1_000);
}

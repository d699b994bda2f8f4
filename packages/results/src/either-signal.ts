/**
 * A signal that aborts with the first of several. `AbortSignal.any` leaves an entry for each call at a signal that lives as long as its process (Node 20):
 * months of webhooks and uploads would fill the memory of a worker. What is made here must leave nothing behind once it is let go.
 */
export interface EitherSignal {
  signal: AbortSignal;
  /** Call it when the signal is not needed any more. */
  letGo(): void;
}

export function eitherSignal(...signals: readonly AbortSignal[]): EitherSignal {
  const either = new AbortController();
  const stops = signals.map((signal) => {
    const stop = (): void => either.abort(signal.reason);
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop, { once: true });
    return () => signal.removeEventListener('abort', stop);
  });
  return { signal: either.signal, letGo: () => stops.forEach((stop) => stop()) };
}

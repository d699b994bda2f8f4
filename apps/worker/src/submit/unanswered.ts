/**
 * The places that one gate was given and whose submit nobody has answered yet. The ledger lets an account have so many at once, of all workers
 * together, and no more; our own answers are known here before any news of them, so nobody has to ask whether there is room again.
 */
export interface Unanswered {
  begin(token: string): void;
  /** May be called again for the same one. */
  end(token: string): void;
  /** At once, or when one of them has ended. For one who waits at a time. */
  room(): Promise<void>;
  isFull(): boolean;
}

export function createUnanswered(most: number): Unanswered {
  const tokens = new Set<string>();
  let goOn = (): void => undefined;
  const isFull = (): boolean => tokens.size >= most;
  return {
    isFull,
    begin: (token) => void tokens.add(token),
    end(token) {
      if (tokens.delete(token)) goOn();
    },
    room: () => (isFull() ? new Promise((resolve) => (goOn = resolve)) : Promise.resolve()),
  };
}

/**
 * The submits that one gate has let through and that nobody has answered yet. The ledger lets an account have only so many at once, those of all
 * workers together. A gate that has used them all up itself need not ask the ledger for room again and again: it waits here for one of its own answers,
 * which it knows before any news of them.
 */
export interface Unanswered {
  begin(token: string): void;
  /** Repeatable. */
  end(token: string): void;
  /** Resolves at once where there is room, else when a submit has ended. Only one caller may wait at a time. */
  room(): Promise<void>;
  isFull(): boolean;
}

export function createUnanswered(most: number): Unanswered {
  const tokens = new Set<string>();
  let wakeCaller = (): void => undefined;
  const isFull = (): boolean => tokens.size >= most;
  return {
    isFull,
    begin: (token) => void tokens.add(token),
    end(token) {
      if (tokens.delete(token)) wakeCaller();
    },
    room: () => (isFull() ? new Promise((resolve) => (wakeCaller = resolve)) : Promise.resolve()),
  };
}

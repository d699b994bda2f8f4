/**
 * Which of the followed generations are held, and why. The ledger keeps them in one set per account, so a look costs little while
 * nothing is held; a reason is read once.
 */
import { chunked, heldOf, readGenerations, type HeldReason, type Store } from '@dailies/queue';
import type { Board } from './board.ts';

const PAGE = 500;

export class HeldOnes {
  readonly #store: Store;
  #known = new Map<string, HeldReason>();

  constructor(store: Store) {
    this.#store = store;
  }

  async look(board: Board): Promise<ReadonlyMap<string, HeldReason>> {
    const ids: string[] = [];
    for (const account of board.accounts()) {
      for (const id of await heldOf(this.#store, account)) if (board.get(id) !== undefined) ids.push(id);
    }
    const held = new Map<string, HeldReason>();
    const unknown: string[] = [];
    for (const id of ids) {
      const reason = this.#known.get(id);
      // An unattended or offered generation is released, and may be held for another reason next time.
      if (reason === undefined || reason === 'unattended' || reason === 'offered') unknown.push(id);
      else held.set(id, reason);
    }
    for (const page of chunked(unknown, PAGE)) {
      for (const generation of await readGenerations(this.#store, page)) {
        if (generation?.held !== undefined) held.set(generation.id, generation.held);
      }
    }
    this.#known = held;
    return held;
  }
}

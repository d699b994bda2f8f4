/** Keeps a copy of the ledger level with it, look after look, and tells whoever listens what has changed. It only reads. */
import { setTimeout as rest } from 'node:timers/promises';
import type { Store } from '../ledger/store.ts';
import type { Catalogue } from './catalogue.ts';
import { type LedgerChange, LedgerCopy } from './ledger-copy.ts';

export interface LedgerFollower {
  readonly catalogue: Catalogue;
  /** Generations in the ledger, as of the last look. */
  total(): number;
  /** Whether the first reading is through. */
  isLevel(): boolean;
  onChange(listener: (change: LedgerChange) => void): () => void;
  /** Resolves when all that is in the ledger now is in the catalogue. */
  catchUp(): Promise<void>;
  stop(): Promise<void>;
}

export interface FollowOptions {
  /** Newest generations that are kept; older ones are not searched. */
  most?: number;
  everyMs?: number;
  onError?: (error: unknown) => void;
}

export function followLedger(store: Store, { most = 500_000, everyMs = 500, onError = () => undefined }: FollowOptions = {}): LedgerFollower {
  const stopping = new AbortController();
  const listeners = new Set<(change: LedgerChange) => void>();
  const copy = new LedgerCopy(store, { most, stopping: stopping.signal });
  let round: Promise<void> = Promise.resolve();

  async function look(): Promise<void> {
    const change = await copy.look();
    if (change === undefined) return;
    for (const listener of listeners) listener(change);
  }

  /** One look at a time: a call during a look waits for that one, and then for a look of its own. */
  function nextLook(): Promise<void> {
    round = round.then(look, look);
    return round;
  }

  const running = (async () => {
    while (!stopping.signal.aborted) {
      await nextLook().catch((error: unknown) => onError(error));
      await rest(everyMs, undefined, { signal: stopping.signal }).catch(() => undefined);
    }
  })();

  return {
    // Not the same for ever: where the ledger is read anew, it is read into another.
    get catalogue() {
      return copy.catalogue;
    },
    total: () => copy.total,
    isLevel: () => copy.isLevel,
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    catchUp: nextLook,
    async stop() {
      stopping.abort();
      await Promise.race([running, rest(1_000, undefined, { ref: false })]);
    },
  };
}

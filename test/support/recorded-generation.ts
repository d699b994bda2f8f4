/** A generation as the ledger would return it, for tests of code that only reads one. It is in no ledger. */
import type { Generation } from '@dailies/queue';

export function recordedGeneration(id: string, more: Partial<Generation> = {}): Generation {
  return {
    id,
    state: 'succeeded',
    seq: 1,
    round: 1,
    attempts: 1,
    provider: 'kling',
    account: 'kling@x',
    batch: 'b',
    lane: 'b',
    priority: 1,
    turn: 1,
    ask: {},
    request: {},
    metadata: null,
    createdAt: 0,
    pausedBase: 0,
    polls: 0,
    history: [],
    ...more,
  };
}

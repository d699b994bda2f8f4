/**
 * Single requests that arrive at the same time are written together: one script and one sync of the disk for all of them, instead of one for each. Each
 * gets an outcome of its own: a conflict of one refuses no other.
 */
import { setTimeout as rest } from 'node:timers/promises';
import type { Created } from '../ledger/create/intake.ts';
import type { Desk } from '../operations/desk.ts';
import { type AcceptOptions, acceptItems } from './accept.ts';
import type { PreparedRequest } from './request.ts';

type SingleOutcome =
  | { outcome: 'created'; created: Created }
  /** It was there already, the same request. */
  | { outcome: 'known' }
  /** The id stands for another request. */
  | { outcome: 'conflict' }
  /** A large intake of its batch is under way. */
  | { outcome: 'busy' };

export interface Singles {
  accept(item: PreparedRequest, from: Sender): Promise<SingleOutcome>;
  /** Resolves when what was accepted has its jobs. */
  idle(): Promise<void>;
}

interface Sender {
  /** The lane whose fair turn a request takes that names no batch. */
  lane: string;
  createdBy?: string | undefined;
}

interface Waiting {
  item: PreparedRequest;
  resolve: (outcome: SingleOutcome) => void;
  reject: (error: unknown) => void;
}

const MOST_TOGETHER = 200;
const BUSY_REST_MS = 200;
const BUSY_LOOKS = 5;

export function createSingles(desk: Desk, options: AcceptOptions): Singles {
  const groups = new Map<string, Waiting[]>();
  const jobs = new Set<Promise<void>>();

  /** Writes all that wait in a group. If Redis fails, it fails for all of them at once: nobody waits for a second time-out. */
  async function write(key: string, batch: string | null, from: Sender): Promise<void> {
    for (;;) {
      const waiting = groups.get(key) ?? [];
      if (waiting.length === 0) break;
      try {
        await writeSome(takeDistinct(waiting), batch, from);
      } catch (error) {
        for (const { reject } of waiting.splice(0)) reject(error);
      }
    }
    groups.delete(key);
  }

  /** Writes these until each has its outcome. A conflict refuses the whole intake, so the others of it are written once more without that one. */
  async function writeSome(together: Waiting[], batch: string | null, { lane, createdBy }: Sender): Promise<void> {
    let left = together;
    try {
      for (let look = 1; left.length > 0; look += 1) {
        const intake = { batch, lane: batch ?? lane, attended: false, createdBy, items: left.map(({ item }) => item) };
        const { result, handedOver } = await acceptItems(desk, intake, options);
        if (result.outcome === 'accepted') {
          const tracked = handedOver.finally(() => jobs.delete(tracked));
          jobs.add(tracked);
          return tellAccepted(left, result.fresh);
        }
        if (result.outcome === 'busy' && look >= BUSY_LOOKS) return tell(left, 'busy');
        if (result.outcome === 'busy') await rest(BUSY_REST_MS);
        else left = tellConflicts(left, new Set(result.ids));
      }
    } catch (error) {
      for (const { reject } of left) reject(error);
      throw error;
    }
  }

  return {
    accept(item, from) {
      return new Promise((resolve, reject) => {
        const key = JSON.stringify([item.batch, from.lane, from.createdBy]);
        const waiting = groups.get(key);
        if (waiting !== undefined) return void waiting.push({ item, resolve, reject });
        groups.set(key, [{ item, resolve, reject }]);
        // Only after everything that arrives in this turn of the event loop has joined.
        setImmediate(() => void write(key, item.batch, from));
      });
    },
    async idle() {
      await Promise.all(jobs);
    },
  };
}

function tell(waiting: readonly Waiting[], outcome: 'busy' | 'conflict'): void {
  for (const { resolve } of waiting) resolve({ outcome });
}

function tellAccepted(waiting: readonly Waiting[], fresh: readonly Created[]): void {
  const byId = new Map(fresh.map((created) => [created.item.id, created]));
  for (const { item, resolve } of waiting) {
    const created = byId.get(item.generation.id);
    resolve(created === undefined ? { outcome: 'known' } : { outcome: 'created', created });
  }
}

/** Answers the others. */
function tellConflicts(waiting: readonly Waiting[], refused: ReadonlySet<string>): Waiting[] {
  tell(waiting.filter(({ item }) => refused.has(item.generation.id)), 'conflict');
  return waiting.filter(({ item }) => !refused.has(item.generation.id));
}

/** Takes requests out of the group, never two with the same id: the second is judged after the first was written. */
function takeDistinct(waiting: Waiting[]): Waiting[] {
  const ids = new Set<string>();
  const taken: Waiting[] = [];
  const kept: Waiting[] = [];
  for (const one of waiting.splice(0)) {
    const { id } = one.item.generation;
    if (ids.has(id) || taken.length >= MOST_TOGETHER) kept.push(one);
    else {
      ids.add(id);
      taken.push(one);
    }
  }
  waiting.push(...kept);
  return taken;
}

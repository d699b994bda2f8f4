/**
 * Where callbacks have proved to arrive, eager polls are unnecessary: the waits between polls grow fourfold, and polls are only a safety net. As soon as
 * a poll sees the end of a task of which no callback has told, the usual pace is back: the next waits are the usual ones, and the polls that were put
 * off are called up.
 *
 * Without a PUBLIC_URL no upstream is asked to call, and this does nothing.
 */
import { BoundedMap, type Generation, type Log, type Queues, type Store, callbacksArrive, callUpPolls, hintedSince, recordEnd, shardOf } from '@dailies/queue';
import type { Upstream } from '../context.ts';

export interface CallbackTrust {
  /** Milliseconds to the next poll of a task, where the usual pace is `usualMs`. */
  wait(generation: Generation, usualMs: number): number;
  /** A poll has seen the end of this task. Never throws. */
  sawEnd(generation: Generation): Promise<void>;
  /** Reads from the ledger, for all workers, whether callbacks arrive at each upstream. */
  look(upstreams: readonly Upstream[]): Promise<void>;
}

const STRETCH = 4;
/** The longest that a wait is stretched to; usual waits that are longer stay as they are. */
const WIDEST_MS = 300_000;
const MOST_PUT_OFF = 2_000;
/** Where callbacks come for some only, what is believed changes with every few ends. Only what has stayed so for that long is told. */
const LASTING_MS = 600_000;

type Ours = Pick<Generation, 'id' | 'seq' | 'account' | 'provider'>;

export function createCallbackTrust({ publicUrl }: { publicUrl: string | null }, store: Store, queues: Queues, log: Log): CallbackTrust {
  if (publicUrl === null) return { wait: (_generation, usualMs) => usualMs, sawEnd: async () => undefined, look: async () => undefined };
  const trusted = new Set<string>();
  /** By `performance.now()`. */
  const changedAt = new Map<string, number>();
  /** Of which the log says that their callbacks arrive. */
  const told = new Set<string>();
  const putOff = new BoundedMap<string, Ours>(MOST_PUT_OFF);

  async function believe(one: Pick<Ours, 'account' | 'provider'>, arrive: boolean): Promise<void> {
    const key = keyOf(one);
    if (arrive === trusted.has(key)) return;
    changedAt.set(key, performance.now());
    if (arrive) return void trusted.add(key);
    trusted.delete(key);
    const waiting = [...putOff.values()].filter((poll) => keyOf(poll) === key);
    for (const { id } of waiting) putOff.delete(id);
    await callUpPolls(queues.of(shardOf(store, one.account).number), one.provider, waiting);
  }

  function tell({ account, provider }: Pick<Ours, 'account' | 'provider'>): void {
    const key = keyOf({ account, provider });
    const arrive = trusted.has(key);
    if (arrive === told.has(key) || performance.now() - (changedAt.get(key) ?? 0) < LASTING_MS) return;
    log.info({ account, provider }, arrive ? 'callbacks arrive: polls are a safety net now' : 'callbacks do not all come: polls are at their usual pace again');
    if (arrive) told.add(key);
    else told.delete(key);
  }

  return {
    wait(generation, usualMs) {
      putOff.delete(generation.id);
      // A callback has told of this task, and it is not done: what calls so early is not to be waited for.
      if (!trusted.has(keyOf(generation)) || generation.hintAt !== undefined) return usualMs;
      putOff.set(generation.id, { id: generation.id, seq: generation.seq, account: generation.account, provider: generation.provider });
      return Math.max(usualMs, Math.min(usualMs * STRETCH, WIDEST_MS));
    },
    async sawEnd(generation) {
      putOff.delete(generation.id);
      try {
        const announced = generation.hintAt !== undefined || (await hintedSince(store, generation.id));
        await recordEnd(store, generation.account, generation.provider, announced);
        if (!announced) await believe(generation, false);
      } catch (error) {
        // The end itself is recorded. This only decides how often to look, and is no reason to run the step again.
        log.debug({ err: error }, 'whether a callback had come was not recorded');
      }
    },
    async look(upstreams) {
      for (const { account, settings } of upstreams) {
        const one = { account: account.id, provider: settings.name };
        await believe(one, await callbacksArrive(store, one.account, one.provider));
        tell(one);
      }
    },
  };
}

function keyOf({ account, provider }: Pick<Ours, 'account' | 'provider'>): string {
  return `${account} ${provider}`;
}

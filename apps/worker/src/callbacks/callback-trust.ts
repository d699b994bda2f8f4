/**
 * Callbacks that have proved to arrive make eager polls unnecessary: the waits between polls grow fourfold, as a safety net. One end that a poll saw
 * first, and the usual pace is back: at once for what is looked at next, and the polls that were put off are called up.
 *
 * Without a PUBLIC_URL nobody is asked to call, and this does nothing.
 */
import { type Generation, type Log, type Queues, type Store, callbacksArrive, callUpPolls, hintedSince, recordEnd, shardOf } from '@dailies/queue';
import type { Desk } from '../context.ts';

export interface CallbackTrust {
  /** The wait before the next poll of a task that no callback has announced yet. */
  wait(generation: Generation, usualMs: number): number;
  /** A poll has seen the end of this task. Never throws. */
  sawEnd(generation: Generation): Promise<void>;
  /** Reads what all workers together know. */
  look(desks: readonly Desk[]): Promise<void>;
}

const STRETCH = 4;
/** However far apart the usual polls are, the safety net is no wider. */
const WIDEST_MS = 300_000;
const MOST_PUT_OFF = 2_000;

type Ours = Pick<Generation, 'id' | 'seq' | 'account' | 'provider'>;

export function createCallbackTrust({ publicUrl }: { publicUrl: string | null }, store: Store, queues: Queues, log: Log): CallbackTrust {
  if (publicUrl === null) return { wait: (_generation, usualMs) => usualMs, sawEnd: async () => undefined, look: async () => undefined };
  const trusted = new Set<string>();
  const putOff = new Map<string, Ours>();

  async function believe(one: Pick<Ours, 'account' | 'provider'>, arrive: boolean): Promise<void> {
    const key = keyOf(one);
    if (arrive === trusted.has(key)) return;
    const news = arrive ? 'callbacks arrive: polls are a safety net now' : 'a callback did not come: polls are at their usual pace again';
    log.info({ account: one.account, provider: one.provider }, news);
    if (arrive) return void trusted.add(key);
    trusted.delete(key);
    const waiting = [...putOff.values()].filter((poll) => keyOf(poll) === key);
    for (const { id } of waiting) putOff.delete(id);
    await callUpPolls(queues.of(shardOf(store, one.account).number), one.provider, waiting);
  }

  return {
    wait(generation, usualMs) {
      putOff.delete(generation.id);
      // One that was announced and is not there yet: its callbacks come too early to wait for.
      if (!trusted.has(keyOf(generation)) || generation.hintAt !== undefined) return usualMs;
      putOff.set(generation.id, { id: generation.id, seq: generation.seq, account: generation.account, provider: generation.provider });
      const [oldest] = putOff.keys();
      if (putOff.size > MOST_PUT_OFF && oldest !== undefined) putOff.delete(oldest);
      return Math.max(usualMs, Math.min(usualMs * STRETCH, WIDEST_MS));
    },
    async sawEnd(generation) {
      putOff.delete(generation.id);
      try {
        const announced = generation.hintAt !== undefined || (await hintedSince(store, generation.id));
        await recordEnd(store, generation.account, generation.provider, announced);
        if (!announced) await believe(generation, false);
      } catch (error) {
        // The end itself is recorded; how often to look is no reason to do anything again.
        log.debug({ err: error }, 'whether a callback had come was not recorded');
      }
    },
    async look(desks) {
      for (const { account, settings } of desks) {
        const arrive = await callbacksArrive(store, account.id, settings.name);
        await believe({ account: account.id, provider: settings.name }, arrive);
      }
    },
  };
}

function keyOf({ account, provider }: Pick<Ours, 'account' | 'provider'>): string {
  return `${account} ${provider}`;
}

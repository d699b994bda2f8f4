/**
 * Places: what BullMQ sorts a provider's waiting submits by. Turns grow for ever, BullMQ's priorities cannot, so a place is a turn less the base of its
 * class. The base follows V (queues/rebase.ts); while jobs are being moved, the places of turns up to `moved` are reckoned from the next base already.
 *
 * A generation's turn changes only with a new round that a person begins, and when its submit was proved absent. Only this file reckons places, and
 * next_turn in fair-turns-script.ts.
 */
import type { ProviderName } from '@dailies/providers';
import type { Generation } from '../../generation.ts';
import { MOST_PLACES } from './fair-turns-script.ts';
import type { Store } from '../store.ts';

/** The priority classes of the fair turns, in the order in which they are submitted. */
export const CLASSES = [0, 1, 2, 3] as const;

/** The class of a priority, which is higher for what goes first. */
export function classOf(priority: number): number {
  return 3 - priority;
}

export interface Places {
  of(generation: Pick<Generation, 'priority' | 'turn'>): number;
}

async function readPlaces({ redis, keys }: Pick<Store, 'redis' | 'keys'>, provider: ProviderName): Promise<Places> {
  return decodePlaces(await redis.hgetall(keys.turns(provider)));
}

export async function placesOf(store: Pick<Store, 'redis' | 'keys'>, providers: readonly ProviderName[]): Promise<Map<ProviderName, Places>> {
  const places = new Map<ProviderName, Places>();
  for (const provider of new Set(providers)) places.set(provider, await readPlaces(store, provider));
  return places;
}

/** `fields`: those of the hash `keys.turns`. */
export function decodePlaces(fields: Record<string, string>): Places {
  return {
    of({ priority, turn }) {
      const name = classOf(priority);
      const [next, moved] = (fields[`rebase:${name}`] ?? '').split('|').map(Number);
      const base = next !== undefined && moved !== undefined && turn <= moved ? next : Number(fields[`base:${name}`] ?? 0);
      return Math.min(Math.max(turn - base, 1), MOST_PLACES);
    },
  };
}

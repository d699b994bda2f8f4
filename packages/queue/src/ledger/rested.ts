/** How long a generation has been in its state, by the clock of Redis alone: those of two workers may be apart, and money rests on it. */
import { shardWith } from '../shards/routing.ts';
import { script } from './script.ts';
import { runScript, type Store } from './store.ts';
import type { GenerationRef } from './transition.ts';

/** Milliseconds. */
export async function restedFor(ledger: Store, generation: GenerationRef): Promise<number> {
  const store = shardWith(ledger, generation);
  return Number(await runScript(store, RESTED, [store.keys.generation(generation.id)], []));
}

const RESTED = script(`
return tostring(now - tonumber(redis.call('HGET', KEYS[1], 'changedAt') or now))
`);

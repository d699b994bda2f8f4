/** What passed of a generation's time, by the clock of Redis alone: those of two workers may be apart, and money rests on it. */
import { shardWith } from '../shards/routing.ts';
import { script } from './script.ts';
import { runScript, type Store } from './store.ts';
import type { GenerationRef } from './transition.ts';

export interface Rested {
  /** Milliseconds in its state. */
  restedMs: number;
  /** Milliseconds since its last submit was written down; null where that is not known. */
  sinceIntentMs: number | null;
}

export async function restedFor(ledger: Store, generation: GenerationRef): Promise<Rested> {
  const store = shardWith(ledger, generation);
  const { keys } = store;
  const [rested = '', sinceIntent = ''] = (await runScript(store, RESTED, [keys.generation(generation.id), keys.history(generation.id)], [])) as string[];
  return { restedMs: Number(rested), sinceIntentMs: sinceIntent === '' ? null : Number(sinceIntent) };
}

const RESTED = script(`
local since = ''
for _, entry in ipairs(redis.call('LRANGE', KEYS[2], 0, -1)) do
  local at = string.match(entry, '^(%d+)|submitting|')
  if at then since = tostring(now - tonumber(at)) end
end
return { tostring(now - tonumber(redis.call('HGET', KEYS[1], 'changedAt') or now)), since }
`);

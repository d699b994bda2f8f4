/** How long ago the last steps of a generation were, by the clock of Redis alone: the clocks of two workers may be apart, and money rests on it. */
import { shardWith } from '../shards/routing.ts';
import { script } from './script.ts';
import { runScript, type Store } from './store.ts';
import type { GenerationRef } from './transition.ts';

export interface Rested {
  /** Milliseconds that it has been in its state. */
  restedMs: number;
  /** Milliseconds since its last submit was written down; null where that is not known. */
  sinceIntentMs: number | null;
  /** Milliseconds since anything of it may first have been sent, in whatever round; null where that is not known any more. */
  sinceFirstMs: number | null;
}

export async function restedFor(ledger: Store, generation: GenerationRef): Promise<Rested> {
  const store = shardWith(ledger, generation);
  const { keys } = store;
  const keyList = [keys.generation(generation.id), keys.history(generation.id)];
  const [rested = '', sinceIntent = '', sinceFirst = ''] = (await runScript(store, RESTED, keyList, [])) as string[];
  return { restedMs: Number(rested), sinceIntentMs: millisecondsOf(sinceIntent), sinceFirstMs: millisecondsOf(sinceFirst) };
}

function millisecondsOf(text: string): number | null {
  return text === '' ? null : Number(text);
}

const RESTED = script(`
local since, first = '', ''
local history = redis.call('LRANGE', KEYS[2], 0, -1)
for _, entry in ipairs(history) do
  local at, state = string.match(entry, '^(%d+)|(%a+)|')
  local age = tostring(now - tonumber(at or now))
  if state == 'submitting' then since = age end
  -- A submit that was put back is not in the history: only that the generation was queued again.
  if first == '' and (state == 'submitting' or state == 'queued') then first = age end
end
-- A transition keeps the last fifty entries: of what came before nothing is known.
if #history >= 50 then first = '' end
return { tostring(now - tonumber(redis.call('HGET', KEYS[1], 'changedAt') or now)), since, first }
`);

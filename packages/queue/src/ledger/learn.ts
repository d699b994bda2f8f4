/**
 * `learn`: a paid task id is never dropped. A worker that holds one, and finds its generation no longer in `submitting`, brings it here. The generation
 * adopts the task where it is still in doubt or queued in the same round; else the task is kept among the generation's `strays`.
 */
import type { Task } from '@dailies/providers';
import type { State } from '../states.ts';
import { shardWith } from '../shards/routing.ts';
import { script } from './script.ts';
import { runScript, type Store } from './store.ts';
import { pauseScopes } from './account/pause-scopes.ts';
import { encodePatch, type Patch } from './record.ts';
import type { GenerationRef } from './transition.ts';
import { transitionKeys } from './transition-keys.ts';
import { APPLY } from './apply-script.ts';

export interface Learned {
  round: number;
  task: Task;
  taskKey: string;
  by: string;
  patch: Patch;
  note: string;
  /** Epoch milliseconds when the slot ends at the latest. */
  slotUntil: number;
}

export type LearnResult =
  | { outcome: 'adopted'; seq: number }
  | { outcome: 'known' | 'stray'; state: State; seq: number }
  | { outcome: 'gone' };

export async function learn(ledger: Store, generation: GenerationRef, learned: Learned): Promise<LearnResult> {
  const store = shardWith(ledger, generation);
  const [outcome, first, second] = (await runScript(store, LEARN, transitionKeys(store, generation), [
    store.keys.wake,
    generation.id,
    generation.account,
    learned.round,
    learned.by,
    learned.taskKey,
    JSON.stringify({ round: learned.round, task: learned.task, taskKey: learned.taskKey }),
    learned.slotUntil,
    learned.note,
    pauseScopes(generation.provider, generation.account).join('\n'),
    ...encodePatch({ ...learned.patch, task: learned.task, taskKey: learned.taskKey }),
  ])) as string[];
  if (outcome === 'adopted') {
    store.onChange?.({ provider: generation.provider, to: 'rendering', failureKind: null });
    return { outcome, seq: Number(first) };
  }
  if (outcome === 'known' || outcome === 'stray') return { outcome, state: first as State, seq: Number(second) };
  return { outcome: 'gone' };
}

const LEARN = script(`
${APPLY}
local k = named_keys()
local id, round, by, taskKey, stray = ARGV[2], ARGV[4], ARGV[5], ARGV[6], ARGV[7]
local g = read_fields(k.generation)
if not g.state then return { 'gone' } end
if g.taskKey == taskKey then return { 'known', g.state, g.seq } end
local open = g.state == 'submitting' or g.state == 'ambiguous' or g.state == 'unresolved' or g.state == 'queued'
local owner = redis.call('HGET', k.tasks, taskKey)
if open and g.round == round and (not owner or owner == id) then
  redis.call('HSET', k.tasks, taskKey, id)
  local c = { id = id, account = ARGV[3], to = 'rendering', by = by, seqBy = '1', slot = 'take', slotUntil = ARGV[8], terminal = '0',
    note = ARGV[9], scopes = ARGV[10], patch = {} }
  for i = 11, #ARGV do c.patch[#c.patch + 1] = ARGV[i] end
  local seq = tostring(apply(k, g, c))
  return { 'adopted', seq, event_id }
end
-- The upstream counts the stray too: it holds a slot of its own (ledger/strays.ts) until it is known to have ended.
local function watch()
  redis.call('ZADD', k.slots, ARGV[8], id .. '#' .. taskKey)
  redis.call('ZADD', k.slotsOf, ARGV[8], id .. '#' .. taskKey)
  redis.call('ZADD', k.strays, now, id)
end
local strays = redis.call('HGET', k.generation, 'strays')
if not strays then
  redis.call('HSET', k.generation, 'strays', '[' .. stray .. ']')
  watch()
elseif not string.find(strays, string.sub(stray, 1, -2), 1, true) then
  redis.call('HSET', k.generation, 'strays', string.sub(strays, 1, -2) .. ',' .. stray .. ']')
  watch()
end
redis.call('HSETNX', k.tasks, taskKey, id)
return { 'stray', g.state, g.seq }
`);

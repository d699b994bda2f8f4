/**
 * queued → canceled for up to a hundred generations in one step. Each gets what a transition of its own would give it: event, counters, history and mark.
 * They must have the same account, provider and batch: then only the keys of record and history differ.
 */
import type { Generation } from '../generation.ts';
import { slotChange } from '../states.ts';
import { pauseScopes } from './account/pause-scopes.ts';
import { encodePatch } from './record.ts';
import { script } from './script.ts';
import { runScript, type Store } from './store.ts';
import { transitionKeys } from './transition-keys.ts';
import { APPLY } from './apply-script.ts';

/** More would keep Redis from everybody else for too long. */
export const MOST_CANCELED = 100;

export type QueuedOne = Pick<Generation, 'id' | 'seq' | 'provider' | 'account' | 'batch' | 'shard'> & {
  /** As in `Change`. */
  by: string;
};

/** As in `Change`. */
export interface CancelWords {
  note: string;
  untold?: boolean | undefined;
}

/** Answers of each whether it is canceled now; if not, it is no longer as it was seen. `store`: the shard that they are in. Repeatable. */
export async function cancelQueuedOnes(store: Store, ones: readonly QueuedOne[], { note, untold }: CancelWords): Promise<boolean[]> {
  const [first] = ones;
  if (first === undefined) return [];
  if (ones.length > MOST_CANCELED) throw new Error(`${ones.length} are too many for one step`);
  const keys = [...transitionKeys(store, first), ...ones.flatMap(({ id }) => [store.keys.generation(id), store.keys.history(id)])];
  const patch = encodePatch({ finishedAt: Date.now(), cancelRequested: null, unwanted: null });
  const scopes = pauseScopes(first.provider, first.account).join('\n');
  const head = [store.keys.wake, first.account, scopes, slotChange('canceled', false), note, untold === true ? '1' : '0', patch.length, ...patch];
  const answers = (await runScript(store, CANCEL_QUEUED, keys, [...head, ...ones.flatMap(({ id, seq, by }) => [id, seq, by])])) as number[];
  const canceled = answers.map((answer) => answer === 1);
  for (const isCanceled of canceled) if (isCanceled) store.onChange?.({ provider: first.provider, to: 'canceled', failureKind: null });
  return canceled;
}

const CANCEL_QUEUED = script(`
${APPLY}
local k = named_keys()
local patch = {}
for i = 8, 7 + ARGV[7] do patch[#patch + 1] = ARGV[i] end
local answers, key = {}, #KEY_NAMES
for i = 8 + ARGV[7], #ARGV, 3 do
  k.generation, k.history = KEYS[key + 1], KEYS[key + 2]
  key = key + 2
  local c = { id = ARGV[i], account = ARGV[2], to = 'canceled', by = ARGV[i + 2], seqBy = '0', slot = ARGV[4], slotUntil = '0', terminal = '1',
    note = ARGV[5], scopes = ARGV[3], untold = ARGV[6], patch = patch }
  local g = read_fields(k.generation)
  if g.state == 'canceled' and g.lastBy == c.by then
    answers[#answers + 1] = 1
  elseif g.state ~= 'queued' or g.seq ~= ARGV[i + 1] then
    answers[#answers + 1] = 0
  else
    apply(k, g, c)
    answers[#answers + 1] = 1
  end
end
return answers
`);

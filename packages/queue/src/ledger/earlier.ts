/**
 * What became of a generation before its ledger was lost, as the manifest of its folder tells it. A generation is created with it in one
 * step (create-script.ts), in its old state: `run` trusts a manifest, so that the same prompt file never pays twice.
 */
import type { HistoryEntry, Stray } from '../generation.ts';
import type { State } from '../states.ts';
import { encodePatch, type Patch } from './record.ts';

export interface Earlier {
  /** One that nothing submits from: never `queued` or `submitting`. */
  state: Exclude<State, 'queued' | 'submitting' | 'ambiguous' | 'downloading'>;
  /** Everything the manifest tells, task included. */
  patch: Patch;
  /** Those that still run: learned again when it is created (learn.ts), so that each has its slot and is looked at. */
  strays?: readonly Stray[] | undefined;
  /** Without the entry of its creation. */
  history: readonly HistoryEntry[];
  /** Epoch milliseconds when its slot ends at the latest, where the upstream may still work on it. */
  slotUntil?: number | undefined;
}

interface EncodedEarlier {
  state: State;
  slotUntil: number | '';
  taskKey: string;
  /** Lines of the history list. */
  history: string[];
  fields: string[];
}

const MOST_HISTORY = 50;

export function encodeEarlier(earlier: Earlier | undefined): EncodedEarlier {
  if (earlier === undefined) return { state: 'queued', slotUntil: '', taskKey: '', history: [], fields: [] };
  const { state, patch, history, slotUntil = '' } = earlier;
  const lines = history.slice(-MOST_HISTORY).map(({ at, state: word, times = 1, note = '' }) => `${at}|${word}|${times}|${note}`);
  return { state, slotUntil, taskKey: patch.taskKey ?? '', history: lines, fields: encodePatch(patch) };
}

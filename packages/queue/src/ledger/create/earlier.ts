/**
 * What had become of a generation before its ledger was lost, as the manifest of its folder tells. Such a generation is created in its old state, in one
 * step (create-script.ts): `run` trusts a manifest, so that the same prompt file never pays twice.
 */
import type { HistoryEntry } from '../../generation.ts';
import type { State } from '../../states.ts';
import { encodePatch, type Patch } from '../record.ts';

export interface Earlier {
  /** A state from which nothing is submitted by itself. */
  state: Exclude<State, 'queued' | 'submitting' | 'ambiguous' | 'downloading'>;
  /** Everything the manifest tells, task and strays included. Each stray that has not ended has its slot again and is looked at (strays.ts). */
  patch: Patch;
  /** Without the entry of its creation. */
  history: readonly HistoryEntry[];
  /** Epoch milliseconds when its slot ends at the latest, where the upstream may still work on it. */
  slotUntil?: number | undefined;
  /** The same for its strays. */
  straysUntil?: number | undefined;
}

interface EncodedEarlier {
  state: State;
  slotUntil: number | '';
  taskKey: string;
  straysUntil: number | '';
  /** Task keys of the strays that may still run, in JSON. */
  strays: string;
  /** Lines of the history list. */
  history: string[];
  fields: string[];
}

const MOST_HISTORY = 50;

export function encodeEarlier(earlier: Earlier | undefined): EncodedEarlier {
  if (earlier === undefined) return { state: 'queued', slotUntil: '', taskKey: '', straysUntil: '', strays: '[]', history: [], fields: [] };
  const { state, patch, history, slotUntil = '', straysUntil = Date.now() } = earlier;
  const strays = (patch.strays ?? []).filter(({ endedAt }) => endedAt === undefined).map(({ taskKey }) => taskKey);
  const lines = history.slice(-MOST_HISTORY).map(({ at, state: word, times = 1, note = '' }) => `${at}|${word}|${times}|${note}`);
  return { state, slotUntil, taskKey: patch.taskKey ?? '', straysUntil, strays: JSON.stringify(strays), history: lines, fields: encodePatch(patch) };
}

/**
 * A generation as a Redis hash: one place that turns fields into strings and back. Unknown fields are left alone:
 * a newer version may have written them.
 */
import type { Generation, HistoryEntry } from '../generation.ts';
import type { State } from '../states.ts';
import { ABSENT } from './transition-script.ts';

/** Fields a transition may set; `null` removes one. */
export type Patch = { [Field in keyof Omit<Generation, 'state' | 'seq' | 'history' | 'id'>]?: Generation[Field] | null | undefined };

const NUMBERS = new Set([
  'seq', 'round', 'attempts', 'priority', 'turn', 'createdAt', 'submittedAt', 'finishedAt', 'pausedBase', 'deadlineAt', 'sendBy',
  'taskEndedAt', 'polls', 'lastPolledAt', 'missingSince', 'doubtfulSince', 'blindSince', 'badLooks', 'absences', 'absentUntil', 'percent', 'fetches', 'waitedMs', 'triedAt', 'resubmits',
  'filesExpiredAt', 'filesRemovedAt', 'hintAt', 'hintSeen', 'quick', 'usualAt', 'billedRound',
]);
const JSON_FIELDS = new Set(['ask', 'request', 'metadata', 'task', 'assets', 'files', 'failure', 'ambiguity', 'strays']);
const FLAGS = new Set(['cancelRequested', 'unwanted', 'stub', 'restored']);

export function encodePatch(patch: Patch): string[] {
  const pairs: string[] = [];
  for (const [field, value] of Object.entries(patch)) {
    if (value === undefined) continue;
    pairs.push(field, value === null ? ABSENT : encodeField(field, value));
  }
  return pairs;
}

export function encodeField(field: string, value: unknown): string {
  if (JSON_FIELDS.has(field)) return JSON.stringify(value);
  if (FLAGS.has(field)) return value === true ? '1' : '';
  return String(value);
}

export function decodeGeneration(id: string, fields: Record<string, string>, history: string[]): Generation | null {
  if (fields['state'] === undefined) return null;
  const record: Record<string, unknown> = { id, metadata: null, pausedBase: 0, polls: 0, attempts: 0 };
  for (const [field, text] of Object.entries(fields)) {
    if (NUMBERS.has(field)) record[field] = Number(text);
    else if (JSON_FIELDS.has(field)) record[field] = JSON.parse(text);
    else if (FLAGS.has(field)) record[field] = text === '1';
    else record[field] = text;
  }
  if (record['batch'] === undefined || record['batch'] === '') record['batch'] = null;
  const created: HistoryEntry = { at: Number(record['createdAt']), state: 'queued' };
  record['history'] = [created, ...history.map(decodeHistory)];
  return record as unknown as Generation;
}

function decodeHistory(line: string): HistoryEntry {
  const [at = '0', state = 'queued', times = '1', ...note] = line.split('|');
  const entry: HistoryEntry = { at: Number(at), state: state as State };
  if (note.join('|') !== '') entry.note = note.join('|');
  if (times !== '1') entry.times = Number(times);
  return entry;
}

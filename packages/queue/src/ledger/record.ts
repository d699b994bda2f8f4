/**
 * A generation as a Redis hash: one place that turns fields into strings and back. Unknown fields are left alone:
 * a newer version may have written them.
 */
import type { Generation, HistoryEntry } from '../generation.ts';
import type { State } from '../states.ts';
import { ABSENT } from './apply-script.ts';

/** Fields a transition may set; `null` removes one. */
export type Patch = { [Field in keyof Omit<Generation, 'state' | 'seq' | 'history' | 'id'>]?: Generation[Field] | null | undefined };

type Stored = Omit<Generation, 'id' | 'history' | 'shard'>;
type Form<Value> = [Value] extends [number] ? 'number' : [Value] extends [boolean] ? 'flag' : [Value] extends [string | null] ? 'text' : 'json';

/** How each field is written. One that is added to Generation and not here does not compile. */
const FORMS: { [Field in keyof Stored]-?: Form<Exclude<Stored[Field], undefined>> } = {
  state: 'text', seq: 'number', round: 'number', attempts: 'number', provider: 'text', account: 'text', batch: 'text', lane: 'text',
  priority: 'number', turn: 'number', ask: 'json', request: 'json', metadata: 'json', fingerprint: 'text', createdBy: 'text', trace: 'text',
  createdAt: 'number', submittedAt: 'number', finishedAt: 'number', pausedBase: 'number', deadlineAt: 'number',
  clientId: 'text', nonce: 'text', sentWith: 'text', endpointPath: 'text', sendBy: 'number',
  task: 'json', taskKey: 'text', givenTask: 'text', taskEndedAt: 'number',
  polls: 'number', lastPolledAt: 'number', missingSince: 'number', doubtfulSince: 'number', blindSince: 'number', badLooks: 'number',
  phase: 'text', percent: 'number', absences: 'number', absentUntil: 'number', resubmits: 'number', restored: 'flag',
  fetches: 'number', waitedMs: 'number', triedAt: 'number', waitsFor: 'text', assets: 'json', storing: 'json', files: 'json', folder: 'text',
  refetched: 'flag', filesExpiredAt: 'number', filesRemovedAt: 'number', failure: 'json', ambiguity: 'json', held: 'text', renewedBy: 'text', dropped: 'flag',
  cancelRequested: 'flag', unwanted: 'flag', strays: 'json', webhook: 'text',
  hintAt: 'number', hintSeen: 'number', quick: 'number', usualAt: 'number', offer: 'text', offerSeen: 'text',
  bill: 'text', billedRound: 'number', stub: 'flag',
};
const FORM_OF: ReadonlyMap<string, string> = new Map(Object.entries(FORMS));

export function encodePatch(patch: Patch): string[] {
  const pairs: string[] = [];
  for (const [field, value] of Object.entries(patch)) {
    if (value === undefined) continue;
    pairs.push(field, value === null ? ABSENT : encodeField(field, value));
  }
  return pairs;
}

export function encodeField(field: string, value: unknown): string {
  switch (FORM_OF.get(field)) {
    case 'json':
      return JSON.stringify(value);
    case 'flag':
      return value === true ? '1' : '';
    default:
      return String(value);
  }
}

export function decodeGeneration(id: string, fields: Record<string, string>, history: string[]): Generation | null {
  if (fields['state'] === undefined) return null;
  const record: Record<string, unknown> = { id, metadata: null, pausedBase: 0, polls: 0, attempts: 0 };
  for (const [field, text] of Object.entries(fields)) record[field] = decodeField(field, text);
  if (record['batch'] === undefined || record['batch'] === '') record['batch'] = null;
  const created: HistoryEntry = { at: Number(record['createdAt']), state: 'queued' };
  record['history'] = [created, ...history.map(decodeHistory)];
  return record as unknown as Generation;
}

/** A field that this version does not know stays the text that it is. */
function decodeField(field: string, text: string): unknown {
  switch (FORM_OF.get(field)) {
    case 'number':
      return Number(text);
    case 'json':
      return JSON.parse(text);
    case 'flag':
      return text === '1';
    default:
      return text;
  }
}

function decodeHistory(line: string): HistoryEntry {
  const [at = '0', state = 'queued', times = '1', ...note] = line.split('|');
  const entry: HistoryEntry = { at: Number(at), state: state as State };
  if (note.join('|') !== '') entry.note = note.join('|');
  if (times !== '1') entry.times = Number(times);
  return entry;
}

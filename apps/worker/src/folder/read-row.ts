/**
 * Reads a line of `manifest.jsonl`, which anybody may have edited. What comes out has the types that a row says it has, whatever stood there. A row that
 * is forgotten may be paid for again, so a faulty field is left out of it; there is no row only where its id, state or provider is not known.
 */
import { STATES } from '@dailies/queue';
import type { ManifestRow } from './manifest-row.ts';

export interface ReadRow {
  /** Undefined: the line is cut, or somebody else's. */
  row: ManifestRow | undefined;
  /** Of a line that is no row, where it has one all the same; also where the line is cut behind it. */
  idOfNone?: string;
  /** The fields that are not what they must be. */
  faults: string[];
}

export function readRow(line: string): ReadRow {
  const value = asTaskText(parsed(line));
  if (!isObject(value)) return { row: undefined, faults: ['the whole line'], ...idOf(/^\s*\{\s*"id":\s*"([^"\\]+)"/.exec(line)?.[1]) };
  const unknown = Object.entries(IDENTITY).flatMap(([name, fits]) => (fits(value[name]) ? [] : [name]));
  if (unknown.length > 0) return { row: undefined, faults: unknown, ...idOf(value['id']) };
  // In the order of the line: a row that is only kept is written as it was.
  const row: Record<string, unknown> = { ...value };
  const faults: string[] = [];
  for (const [name, fits] of Object.entries(FIELDS)) {
    if (value[name] === undefined || fits(value[name])) continue;
    faults.push(name);
    delete row[name];
  }
  for (const [name, fits] of Object.entries(LISTS)) {
    const all = value[name];
    const entries = Array.isArray(all) ? all.filter(fits) : [];
    if (Array.isArray(all) ? entries.length < all.length : all !== undefined || NEEDED.includes(name)) faults.push(name);
    if (all !== undefined || NEEDED.includes(name)) row[name] = entries;
  }
  row['params'] ??= {};
  return { row: row as unknown as ManifestRow, faults };
}

type Fits = (value: unknown) => boolean;

const text: Fits = (value) => typeof value === 'string';
const number: Fits = (value) => typeof value === 'number';
const flag: Fits = (value) => typeof value === 'boolean';
const known: Fits = (value) => STATES.some((state) => state === value);

/** A file is a name below the folder, never a way out of it. */
const file: Fits = (value) => typeof value === 'string' && !/^[/\\]|^[a-z]:|(^|[/\\])\.\.([/\\]|$)|\0/i.test(value);

function orNull(fits: Fits): Fits {
  return (value) => value === null || fits(value);
}

/** An object with these fields, of which the named ones must be there. Others are nobody's concern. */
function object(shape: Record<string, Fits>, ...needed: string[]): Fits {
  return (value) =>
    isObject(value) && Object.entries(shape).every(([name, fits]) => (value[name] === undefined ? !needed.includes(name) : fits(value[name])));
}

const task = object({ id: text }, 'id');
const stored = { url: text, file, sha256: text, bytes: number };

const IDENTITY: Record<string, Fits> = { id: text, state: known, provider: text };

const FIELDS: Record<string, Fits> = {
  model: orNull(text),
  prompt: orNull(text),
  image: text,
  params: isObject,
  batch: orNull(text),
  priority: number,
  round: number,
  metadata: orNull(isObject),
  fingerprint: text,
  task,
  attempts: number,
  progress: object({ phase: text, percent: number }),
  createdBy: text,
  createdAt: text,
  submittedAt: text,
  finishedAt: text,
  estimatedCost: object({ amount: number, currency: text, basis: text }, 'amount', 'currency', 'basis'),
  filesRemovedAt: text,
  failure: object({ kind: text, message: text, code: text, retryable: flag }, 'kind', 'message'),
  held: text,
  cancelRequested: flag,
  unwanted: flag,
  webhook: text,
  ambiguity: object({ sentAt: text, until: text, why: text, requestId: text }, 'sentAt', 'why'),
};

/** Of these a faulty entry is left out, and the others stay. */
const LISTS: Record<string, Fits> = {
  videos: object({ ...stored, durationSeconds: number, width: number, height: number, thumbnailUrl: text }),
  extras: object({ ...stored, kind: text }, 'kind', 'url', 'file', 'sha256', 'bytes'),
  strays: object({ task, round: number, outcome: text, endedAt: text, url: text }, 'task', 'round'),
  history: object({ at: text, state: text, note: text, times: number }, 'at', 'state'),
};

/** Absent only where somebody took them out. */
const NEEDED = ['videos', 'history'];

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

function idOf(value: unknown): Pick<ReadRow, 'idOfNone'> {
  return typeof value === 'string' ? { idOfNone: value } : {};
}

/** Many programs take an id of digits for a number. A longer one would be another task's by now. */
function asTaskText(value: unknown): unknown {
  if (!isObject(value) || !isObject(value['task'])) return value;
  const { id } = value['task'];
  return Number.isSafeInteger(id) ? { ...value, task: { ...value['task'], id: String(id) } } : value;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

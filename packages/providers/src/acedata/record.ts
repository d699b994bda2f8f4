/**
 * AceData's stored task record → progress. No page says how to read one. The rules below, in this order, read all eighteen shapes rightly that
 * AceData's SDK, web client and tools have published (`record:1` … `record:18` of the simulator).
 *
 * The record has no status of its own. `success: true` means "accepted", `finished_at` may be missing on a failure and present on a
 * running task, so neither decides alone.
 */
import type { Asset, Failure, FailureKind, Json, Progress } from '../provider.ts';
import { doneWithoutVideo, succeededWith } from '../asset.ts';
import { definedOnly } from '../defined-only.ts';
import { type JsonObject, objectOf, textOf } from '../http/json.ts';
import { tookMs } from '../took.ts';
import { plainText, plainWord, type Secrets } from '../http/plain-text.ts';

const DONE = new Set(['succeed', 'succeeded', 'success', 'completed', 'complete', 'finished']);
const FAILED = new Set(['failed', 'failure', 'error', 'cancelled', 'canceled', 'rejected']);
const QUEUED = new Set(['queued', 'pending']);
/** AceData's times are in seconds. */
const SECOND_MS = 1000;

export interface RecordReader {
  title: string;
  /** The assets of one result, `response` itself or an entry of its `data`. */
  assets: (result: JsonObject) => Asset[];
  secrets: Secrets;
}

export function progressOfRecord(record: JsonObject, { title, assets, secrets }: RecordReader): Progress {
  if (Object.keys(record).length === 0) return { state: 'missing' };

  const finished = record['finished_at'] !== undefined && record['finished_at'] !== null;
  const response = objectOf(record['response']);
  if (!response) return finished ? doneWithoutVideo(title) : { state: 'pending', phase: 'queued' };

  const results = [response, ...standing(entriesOf(response['data']), assets)];
  const words = results.flatMap(wordsOf);
  const error = objectOf(response['error']);
  const made = results.flatMap(assets);
  if (words.some((word) => FAILED.has(word)) || error) {
    const failure = failureOf(error, words, secrets);
    // A failure is unbilled only if nothing else in the record contradicts it: a link shows that something was made, "processing" that something
    // may still be running.
    if (made.length > 0 || words.some((word) => !FAILED.has(word)) || response['success'] === true) delete failure.unbilled;
    return { state: 'failed', failure };
  }

  const done = words.every((word) => DONE.has(word));
  const succeeded = done ? succeededWith(made) : undefined;
  const ended = record['finished_at'] ?? response['finished_at'];
  if (succeeded) return { ...succeeded, ...definedOnly({ tookMs: tookMs(record['created_at'], ended, SECOND_MS) }) };
  if (words.length > 0 && done) return doneWithoutVideo(title);

  const running = words.find((word) => !DONE.has(word));
  if (running !== undefined) return { state: 'pending', phase: QUEUED.has(running) ? 'queued' : 'running' };

  if (response['success'] === false) {
    const note = plainText(response['error'], secrets);
    if (finished) return { state: 'failed', failure: failureOf(undefined, [], secrets, note) };
    return { state: 'pending', phase: 'running', ...(note === '' ? {} : { note }) };
  }
  return finished ? doneWithoutVideo(title) : { state: 'pending', phase: 'running' };
}

/** The id of the task, never that of the video inside. */
export function idOfRecord(record: JsonObject): string | undefined {
  return textOf(record['id']) ?? textOf(objectOf(record['response'])?.['task_id']);
}

/** `data` is an array, or an object, or null. */
function entriesOf(data: Json | undefined): JsonObject[] {
  const entries = Array.isArray(data) ? data : [data];
  return entries.map(objectOf).filter((entry) => entry !== undefined);
}

/** Of several results some may have failed; those that succeeded or still run were paid for, and decide. An entry that says nothing is ignored. */
function standing(entries: JsonObject[], assets: RecordReader['assets']): JsonObject[] {
  const others = entries.filter((entry) => {
    const words = wordsOf(entry);
    return !words.some((word) => FAILED.has(word)) && (words.length > 0 || assets(entry).length > 0);
  });
  return others.length > 0 ? others : entries;
}

function wordsOf(result: JsonObject): string[] {
  return [wordOf(result['state']), wordOf(result['status'])].filter((word) => word !== undefined);
}

function wordOf(value: Json | undefined): string | undefined {
  return typeof value === 'string' ? textOf(value)?.toLowerCase() : undefined;
}

const FAILURE_KINDS: Partial<Record<string, FailureKind>> = { bad_request: 'rejected', content_too_large: 'rejected', forbidden: 'moderated' };
const RETRYABLE = new Set(['api_error', 'timeout']);
/** By AceData's page on billing no failure is charged. This code ("no channel available") also proves that nothing runs. */
const UNBILLED = 'api_error';

function failureOf(error: JsonObject | undefined, words: string[], secrets: Secrets, note = ''): Failure {
  const code = textOf(error?.['code']);
  const shown = plainWord(code, secrets);
  const reason = plainText(error?.['message'], secrets) || note || shown || words.find((word) => FAILED.has(word));
  return {
    kind: (code && FAILURE_KINDS[code]) || 'upstream',
    message: reason ?? 'The upstream gave no reason.',
    ...(shown === undefined ? {} : { code: shown }),
    retryable: code !== undefined && RETRYABLE.has(code),
    ...(code === UNBILLED ? { unbilled: true } : {}),
  };
}

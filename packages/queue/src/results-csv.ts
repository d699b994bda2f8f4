/**
 * Results as CSV: `manifest.csv` in every folder, and `dailies results --format csv`. RFC 4180, UTF-8, columns by name in a fixed order
 * (docs/results.md; only ever added to, at the end). One line for each video, and one for a generation without any; every line is complete.
 *
 * A spreadsheet must never take a prompt for a formula: text that begins like one has an apostrophe put before it, and so has text that
 * begins with an apostrophe. Whoever reads it takes one leading apostrophe away, and has exactly what was there.
 */
import { stringify } from 'csv-stringify/sync';
import { linkWithoutQuery } from './link-without-query.ts';

/** A public generation, or a line of a manifest that another version wrote: what is absent is an empty cell. */
export interface CsvRow {
  id: string;
  state: string;
  provider: string;
  model?: string | null | undefined;
  prompt?: string | null | undefined;
  image?: string | undefined;
  params: unknown;
  metadata?: unknown;
  batch?: string | null | undefined;
  priority?: number | undefined;
  round?: number | undefined;
  attempts?: number | undefined;
  task?: { id: string } | undefined;
  fingerprint?: string | undefined;
  createdAt?: string | undefined;
  submittedAt?: string | undefined;
  finishedAt?: string | undefined;
  videos: readonly ResultVideo[];
  extras?: unknown;
  failure?: { kind: string; message: string; code?: string | undefined; retryable?: boolean | undefined } | undefined;
  held?: string | undefined;
  unwanted?: boolean | undefined;
  ambiguity?: unknown;
  history: unknown;
  filesRemovedAt?: string | undefined;
  strays?: unknown;
  webhook?: string | undefined;
  createdBy?: string | undefined;
  estimatedCost?: { amount: number; currency: string; basis: string } | undefined;
}

/** A stored video as a row of a manifest has it. */
export interface ResultVideo {
  /** The upstream's link without its query, or ours. */
  url?: string | undefined;
  /** Relative to the folder of the manifest. */
  file?: string | undefined;
  sha256?: string | undefined;
  bytes?: number | undefined;
  durationSeconds?: number | undefined;
  width?: number | undefined;
  height?: number | undefined;
  /** A link without its query, or a file relative to the folder. */
  thumbnailUrl?: string | undefined;
}

type Cell = string | number | boolean | null | undefined;
type Column = readonly [name: string, of: (generation: CsvRow, video: ResultVideo | undefined, number: number | undefined) => Cell];

const COLUMNS: readonly Column[] = [
  ['id', (one) => one.id],
  ['state', (one) => one.state],
  ['provider', (one) => one.provider],
  ['model', (one) => one.model],
  ['prompt', (one) => one.prompt],
  ['image', (one) => (one.image === undefined ? undefined : linkWithoutQuery(one.image))],
  ['params', (one) => json(one.params)],
  ['metadata', (one) => json(one.metadata)],
  ['batch', (one) => one.batch],
  ['priority', (one) => one.priority],
  ['round', (one) => one.round],
  ['attempts', (one) => one.attempts],
  ['task', (one) => one.task?.id],
  ['fingerprint', (one) => one.fingerprint],
  ['createdAt', (one) => one.createdAt],
  ['submittedAt', (one) => one.submittedAt],
  ['finishedAt', (one) => one.finishedAt],
  ['videoNumber', (_one, _video, number) => number],
  ['file', (_one, video) => video?.file],
  ['sha256', (_one, video) => video?.sha256],
  ['bytes', (_one, video) => video?.bytes],
  ['durationSeconds', (_one, video) => video?.durationSeconds],
  ['width', (_one, video) => video?.width],
  ['height', (_one, video) => video?.height],
  ['url', (_one, video) => (video?.url === undefined ? undefined : linkWithoutQuery(video.url))],
  ['thumbnail', (_one, video) => (video?.thumbnailUrl === undefined ? undefined : linkWithoutQuery(video.thumbnailUrl))],
  ['extras', (one) => json(one.extras)],
  ['failureKind', (one) => one.failure?.kind],
  ['failureMessage', (one) => one.failure?.message],
  ['failureCode', (one) => one.failure?.code],
  ['failureRetryable', (one) => one.failure?.retryable],
  ['held', (one) => one.held],
  ['unwanted', (one) => one.unwanted],
  ['ambiguity', (one) => json(one.ambiguity)],
  ['history', (one) => json(one.history)],
  ['filesRemovedAt', (one) => one.filesRemovedAt],
  ['strays', (one) => json(one.strays)],
  ['webhook', (one) => one.webhook],
  ['createdBy', (one) => one.createdBy],
  ['estimatedCost', (one) => one.estimatedCost?.amount],
  ['currency', (one) => one.estimatedCost?.currency],
  ['costBasis', (one) => one.estimatedCost?.basis],
];

export const CSV_COLUMNS: readonly string[] = COLUMNS.map(([name]) => name);

/** The first line, with its end. */
export function csvHead(): string {
  return written([[...CSV_COLUMNS]]);
}

/** The lines of one generation, each with its end. */
export function csvLines(generation: CsvRow): string {
  const videos = generation.videos.length === 0 ? [undefined] : generation.videos;
  return written(videos.map((video, at) => COLUMNS.map(([, of]) => cell(of(generation, video, video === undefined ? undefined : at + 1)))));
}

function written(lines: string[][]): string {
  return stringify(lines, { record_delimiter: 'windows', quoted_match: /[\r\n]|^\s|\s$/ });
}

/** Also the full-width signs, which some spreadsheets read alike. */
const LIKE_A_FORMULA = /^(?:['\t\r\n]|\s*[=+\-@\uFF1D\uFF0B\uFF0D\uFF20])/;

function cell(value: Cell): string {
  if (typeof value !== 'string') return String(value ?? '');
  return LIKE_A_FORMULA.test(value) ? `'${value}` : value;
}

function json(value: unknown): string | undefined {
  return value === undefined || value === null ? undefined : JSON.stringify(value);
}

/**
 * Results as CSV (RFC 4180): one line per generation, one more for each further video of it. For programs: text is exactly what it is.
 */
import type { PublicGeneration, PublicVideo } from '@dailies/queue';

type Cell = string | number | null | undefined;

const COLUMNS: readonly [name: string, of: (generation: PublicGeneration, video: PublicVideo | undefined) => Cell][] = [
  ['id', (one) => one.id],
  ['state', (one) => one.state],
  ['provider', (one) => one.provider],
  ['model', (one) => one.model],
  ['prompt', (one) => one.prompt],
  ['priority', (one) => one.priority],
  ['attempts', (one) => one.attempts],
  ['task', (one) => one.task?.id],
  ['createdAt', (one) => one.createdAt],
  ['submittedAt', (one) => one.submittedAt],
  ['finishedAt', (one) => one.finishedAt],
  ['file', (_one, video) => video?.file],
  ['sha256', (_one, video) => video?.sha256],
  ['bytes', (_one, video) => video?.bytes],
  ['durationSeconds', (_one, video) => video?.durationSeconds],
  ['width', (_one, video) => video?.width],
  ['height', (_one, video) => video?.height],
  ['url', (_one, video) => video?.url],
  ['estimatedCost', (one) => one.estimatedCost?.amount],
  ['currency', (one) => one.estimatedCost?.currency],
  ['costBasis', (one) => one.estimatedCost?.basis],
  ['failureKind', (one) => one.failure?.kind],
  ['failureMessage', (one) => one.failure?.message],
];

export const CSV_HEAD = `${COLUMNS.map(([name]) => name).join(',')}\r\n`;

export function csvLines(generation: PublicGeneration): string {
  const videos = generation.videos.length === 0 ? [undefined] : generation.videos;
  return videos.map((video) => `${COLUMNS.map(([, of]) => quote(of(generation, video))).join(',')}\r\n`).join('');
}

function quote(cell: Cell): string {
  const text = String(cell ?? '');
  return /[",\r\n]|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

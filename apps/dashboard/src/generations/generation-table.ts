/** Generations in a table: what each is, its state, since when, and the reason. */
import { type Generation, hasWaitingCancel } from '@dailies/queue';
import { html, type Content, type Html } from '../html/html.ts';
import { listTable } from '../html/list-table.ts';
import { redactText } from '../html/redact.ts';
import { badge, batchPath, generationPath, shortened, time } from '../html/words.ts';
import { cancelMark } from './cancel-mark.ts';
import { failureText } from './failure-text.ts';

type Column = readonly [head: string, cell: (generation: Generation) => Content];

const BATCH: Column = ['Batch', ({ batch }) => (batch === null ? '–' : html`<a href="${batchPath(batch)}">${batch}</a>`)];
const COLUMNS: readonly Column[] = [
  ['Prompt', (generation) => html`<a href="${generationPath(generation.id)}"><bdi>${titleOf(generation)}</bdi></a> <small>${generation.id}</small>`],
  ['State', (generation) => html`${badge(generation.state)} ${cancelMark(generation)}`],
  ['Provider', ({ provider }) => provider],
  BATCH,
  ['Created', ({ createdAt }) => time(createdAt, 'ago')],
  ['Reason', (generation) => reasonOf(generation)],
];

/** `isOfOneBatch`: the page is that of their batch, and says its name. */
export function generationTable(generations: readonly Generation[], isOfOneBatch = false): Html {
  const columns = COLUMNS.filter((column) => column !== BATCH || !isOfOneBatch);
  return listTable(columns.map(([head]) => head), generations.map((generation) => columns.map(([, cell]) => cell(generation))));
}

export function titleOf({ ask, id }: Generation): string {
  return shortened(redactText(ask.prompt ?? '')) || (ask.image === undefined ? id : 'an image without a prompt');
}

/** The reason for its state, in a line; empty when there is nothing to say. */
export function reasonOf(generation: Generation): string {
  const { state, failure, ambiguity, held, phase, percent, unwanted, waitsFor } = generation;
  if (state === 'failed' && failure !== undefined) return failureText(failure);
  if ((state === 'unresolved' || state === 'ambiguous') && ambiguity !== undefined) return redactText(ambiguity.why);
  if (held !== undefined) return HELD[held];
  if (state === 'downloading' && waitsFor !== undefined) return `waits: ${redactText(waitsFor)}`;
  if (state === 'rendering' && phase !== undefined) return redactText(`${phase}${percent === undefined ? '' : ` ${Math.round(percent)} %`}`);
  if (unwanted !== true) return '';
  return hasWaitingCancel(generation) ? 'unwanted: collected if it was accepted' : 'unwanted: collected although it was canceled';
}

const HELD = {
  unattended: 'held: the run that made it was stopped; run it again',
  origin: 'held: no worker has this account',
  dropped: 'held: its prompt file no longer has it',
  offered: 'held: a callback has named a task of it, which is asked about first',
} as const;

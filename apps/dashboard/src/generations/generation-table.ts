/** Generations in a table: what it is, where it stands, since when, and why not. On a narrow screen each row is a card. */
import { type Generation } from '@dailies/queue';
import { redactText } from '../html/redact.ts';
import { html, type Html } from '../html/html.ts';
import { badge, batchPath, generationPath, shortened, time } from '../html/words.ts';

export function generationTable(generations: readonly Generation[]): Html {
  return html`<table class="list"><thead><tr><th scope="col">Prompt</th><th scope="col">State</th><th scope="col">Provider</th><th scope="col">Batch</th><th scope="col">Created</th><th scope="col">Reason</th></tr></thead>
<tbody>${generations.map(row)}</tbody></table>`;
}

function row(generation: Generation): Html {
  const { id, state, provider, batch, createdAt } = generation;
  return html`<tr><td class="prompt"><a href="${generationPath(id)}">${titleOf(generation)}</a> <small>${id}</small></td>
<td data-name="State">${badge(state)}</td><td data-name="Provider">${provider}</td>
<td data-name="Batch">${batch === null ? '–' : html`<a href="${batchPath(batch)}">${batch}</a>`}</td>
<td data-name="Created">${time(createdAt, 'ago')}</td>
<td data-name="Reason">${reasonOf(generation)}</td></tr>`;
}

export function titleOf({ ask, id }: Generation): string {
  return shortened(redactText(ask.prompt ?? '')) || (ask.image === undefined ? id : 'an image without a prompt');
}

/** Why it is where it is, in a line; empty when there is nothing to say. */
export function reasonOf({ state, failure, ambiguity, held, phase, percent, unwanted }: Generation): string {
  if (state === 'failed' && failure !== undefined) return redactText(`${failure.kind}: ${failure.message}${failure.code === undefined ? '' : ` (code ${failure.code})`}`);
  if ((state === 'unresolved' || state === 'ambiguous') && ambiguity !== undefined) return redactText(ambiguity.why);
  if (held !== undefined) return HELD[held];
  if (state === 'rendering' && phase !== undefined) return redactText(`${phase}${percent === undefined ? '' : ` ${Math.round(percent)} %`}`);
  return unwanted === true ? 'unwanted: collected although it was canceled' : '';
}

const HELD = {
  unattended: 'held: the run that made it was stopped; run it again',
  origin: 'held: no worker has this account',
  dropped: 'held: its prompt file no longer has it',
  offered: 'held: a callback has named a task of it, which is asked about first',
} as const;

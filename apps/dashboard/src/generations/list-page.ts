/** The list of generations: the filter, how many it found, a page of them, and the actions on all of them. */
import { type Catalogue, type Generation, type State, STATES } from '@dailies/queue';
import type { Request } from 'express';
import { mayAct } from '../auth/users.ts';
import { whoOf } from '../auth/signed-in.ts';
import { html, type Content, type Html } from '../html/html.ts';
import { liveCount } from '../html/live-count.ts';
import { token } from '../html/page.ts';
import { number } from '../html/words.ts';
import { type Level, readingNotice } from '../live/ledger-level.ts';
import { type Filter, filterQuery, SINGLES } from './filter.ts';
import { generationTable } from './generation-table.ts';

export interface List {
  filter: Filter;
  generations: readonly Generation[];
  total: number;
  /** Undefined: this is the last page. */
  next: string | undefined;
  isFirst: boolean;
  catalogue: Catalogue;
  level: Level;
  tookMs: number;
}

export function listPage(request: Request, { filter, generations, total, next, isFirst, catalogue, level, tookMs }: List): Html {
  const query = filterQuery(filter).toString();
  const nextQuery = next === undefined ? null : new URLSearchParams([...filterQuery(filter), ['after', next]]).toString();
  const isBounded = level.isLevel && catalogue.size < level.total;
  const bound = isBounded ? `, the newest: ${number(level.total - catalogue.size)} older ones are not searched` : '';
  const size = `of ${number(catalogue.size)}${bound} · ${Math.max(1, Math.round(tookMs))} ms`;
  const newest = isFirst ? null : html`<a class="button" href="/generations?${query}">Newest</a>`;
  const older = nextQuery === null ? null : html`<a class="button" href="/generations?${nextQuery}" rel="next">Older</a>`;
  return html`<h1>Generations</h1>
${form(filter, catalogue)}
<div id="found">
<div data-part="level" id="level">${readingNotice(level, 'The rest is not searched yet.')}</div>
<p>${liveCount(`${number(total)} found`)} <small data-part="size" id="size">${size}</small></p>
<div data-part="rows" id="rows">${generations.length === 0 ? nothing(level) : generationTable(generations)}
<p class="pager">${newest} ${older}</p></div>
</div>
<div data-part="bulk" id="bulk">${total > 0 && mayAct(whoOf(request).user, 'operator') ? bulk(request, query, total) : null}</div>`;
}

function nothing({ isLevel, total }: Level): Html | null {
  return isLevel ? html`<p class="empty">${total === 0 ? NOTHING_YET : NOTHING_FOUND}</p>` : null;
}

const NOTHING_YET = 'There are no generations yet. `dailies enqueue` or the HTTP API puts work in.';
const NOTHING_FOUND = 'Nothing matches. Fewer words, or fewer filters, find more.';

function form(filter: Filter, catalogue: Catalogue): Html {
  const more = [filter.batch, filter.createdBy, filter.metadata, filter.task, filter.from, filter.to, filter.kind].some((value) => value !== undefined);
  const states = filter.states ?? [];
  return html`<form method="get" action="/generations" class="filter" role="search">
<label class="wide">Prompt, metadata or id <input type="search" name="q" value="${filter.text}" placeholder="words, or &quot;a phrase&quot;"></label>
<label>Provider ${select('provider', catalogue.providers.all().toSorted(), filter.provider, 'any')}</label>
<fieldset><legend>State</legend>${STATES.map((state) => stateBox(state, states.includes(state)))}</fieldset>
<details${more ? html` open` : null}><summary>More filters</summary><div class="more">
<label>Batch <input name="batch" list="batches" value="${filter.batch === '' ? SINGLES : filter.batch}"></label>
<datalist id="batches">${catalogue.batches.all().slice(-200).toReversed().map((name) => html`<option value="${name}">`)}</datalist>
<label>Failure kind ${select('kind', catalogue.kinds.all().toSorted(), filter.kind, 'any')}</label>
<label>API key ${select('by', catalogue.creators.all().toSorted(), filter.createdBy, 'any')}</label>
<label>Metadata <input name="meta" value="${filter.metadata}" placeholder="name=value"></label>
<label>Task id <input name="task" value="${filter.task}"></label>
<label>Created from ${moment('from', filter.from)}</label>
<label>before ${moment('to', filter.to)}</label>
<input type="hidden" name="tz" value="0" data-zone></div></details>
<p><button class="primary">Search</button> <a href="/generations">Clear</a></p>
</form>`;
}

function stateBox(state: State, isChosen: boolean): Html {
  return html`<label class="check"><input type="checkbox" name="state" value="${state}"${isChosen ? html` checked` : null}> ${state}</label>`;
}

function select(name: string, names: readonly string[], chosen: string | undefined, none: string): Html {
  const all = chosen === undefined || names.includes(chosen) ? names : [...names, chosen];
  const option = (one: string): Content => html`<option${one === chosen ? html` selected` : null}>${one}</option>`;
  return html`<select name="${name}"><option value="">${none}</option>${all.map(option)}</select>`;
}

function bulk(request: Request, query: string, total: number): Html {
  return html`<form method="post" action="/generations/preview" class="bulk" aria-label="All that were found">
${token(request)}<input type="hidden" name="filter" value="${query}">
<span>All ${number(total)} found:</span> <button name="what" value="retry">Retry…</button>
<button name="what" value="cancel">Cancel…</button> <small>Both say first what would happen.</small></form>`;
}

/** In UTC, like all times of a page. A script turns it into local time (assets/times.js). */
function moment(name: string, at: number | undefined): Html {
  const iso = at === undefined || Number.isNaN(at) ? '' : new Date(at).toISOString();
  return html`<input type="datetime-local" name="${name}" value="${iso.slice(0, 16)}" data-local="${iso}">`;
}

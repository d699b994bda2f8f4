/** The audit log as a page: who did what, when, from where, and what came of it. */
import { readAudit, type Store } from '@dailies/queue';
import { html, type Html } from '../html/html.ts';
import { time } from '../html/words.ts';

const PAGE_SIZE = 100;

export async function auditPage(store: Store, before: string): Promise<Html> {
  const isCursor = /^\d+-\d+$/.test(before);
  const entries = await readAudit(store, PAGE_SIZE, isCursor ? before : undefined);
  const last = entries.at(-1);
  return html`<h1>Audit</h1><p class="quiet">Every action of a person here, refused ones and logins included. The last 10,000 are kept; the log of the process has all of them.</p>
<div data-part="audit" id="audit">${entries.length === 0 ? html`<p class="empty">Nothing yet.</p>` : html`<table class="list"><thead><tr><th scope="col">Action</th><th scope="col">Who</th><th scope="col">When</th><th scope="col">On</th><th scope="col">Outcome</th><th scope="col">From</th></tr></thead><tbody>
${entries.map(({ at, who, role, what, target, outcome, address }) => html`<tr><td class="prompt">${what}</td><td data-name="Who">${who} <small>${role}</small></td><td data-name="When">${time(at)}</td><td data-name="On">${target}</td><td data-name="Outcome">${outcome}</td><td data-name="From">${address}</td></tr>`)}</tbody></table>`}
<p class="pager">${entries.length === PAGE_SIZE && last !== undefined ? html`<a class="button" href="/audit?before=${last.id}">Older</a>` : null}</p></div>`;
}

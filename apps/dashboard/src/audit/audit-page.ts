/** The audit log as a page: who did what, when and from where, and what the outcome was. */
import { type AuditEntry, readAudit, type Store } from '@dailies/queue';
import { html, type Content, type Html } from '../html/html.ts';
import { listTable } from '../html/list-table.ts';
import { time } from '../html/words.ts';

const PAGE_SIZE = 100;
const HEADS = ['Action', 'Who', 'When', 'On', 'Outcome', 'From'];

export async function auditPage(store: Store, before: string): Promise<Html> {
  const isCursor = /^\d+-\d+$/.test(before);
  const entries = await readAudit(store, PAGE_SIZE, isCursor ? before : undefined);
  const older = entries.length === PAGE_SIZE ? entries.at(-1) : undefined;
  return html`<h1>Audit</h1>
<p class="quiet">Every action of a person here, refused ones and logins included. The last 10,000 are kept; the log of the process has all of them.</p>
<div data-part="audit" id="audit">${entries.length === 0 ? html`<p class="empty">Nothing yet.</p>` : listTable(HEADS, entries.map(cells))}
<p class="pager">${older === undefined ? null : html`<a class="button" href="/audit?before=${older.id}">Older</a>`}</p></div>`;
}

function cells({ at, who, role, what, target, outcome, address }: AuditEntry & { id: string }): Content[] {
  return [what, html`${who} <small>${role}</small>`, time(at), target, outcome, address];
}

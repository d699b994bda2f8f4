/** Everything that waits for a person's word: paid requests of which nobody knows whether they were accepted. */
import type { Generation } from '@dailies/queue';
import type { Request } from 'express';
import { mayAct } from '../auth/users.ts';
import { whoOf } from '../auth/signed-in.ts';
import { ambiguityFacts } from '../generations/ambiguity-facts.ts';
import { titleOf } from '../generations/generation-table.ts';
import { resolveForms } from '../generations/resolve-forms.ts';
import { html, type Html } from '../html/html.ts';
import { facts, generationPath, number } from '../html/words.ts';

/** `generations`: those that are shown, of `total`. */
export function inboxPage(request: Request, generations: readonly Generation[], { total, overdue }: { total: number; overdue: number }): Html {
  const mayDo = mayAct(whoOf(request).user, 'operator');
  return html`<h1>Unresolved</h1>
<p>A paid request was sent, nobody saw its answer, and no look-up could tell. Nothing is sent again by itself. A late answer settles it, else your word.</p>
${overdue === 0 ? null : html`<p><a href="/generations?state=overdue">${number(overdue)} overdue</a>: later than the deadline. Their tasks are kept and looked at now and then.</p>`}
<div data-part="inbox" id="inbox">${total === 0 ? html`<p class="empty">Nothing waits for you.</p>` : html`<p role="status">${number(total)} unresolved${generations.length < total ? `, the newest ${generations.length} shown` : ''}</p>`}
${generations.map((generation) => html`<section class="card case" aria-labelledby="t-${generation.id}"><h2 id="t-${generation.id}"><a href="${generationPath(generation.id)}">${titleOf(generation)}</a></h2>
${facts([['Provider', generation.provider], ['Id', html`<code>${generation.id}</code>`], ...(generation.ambiguity === undefined ? [] : ambiguityFacts(generation.ambiguity))])}
${mayDo ? resolveForms(request, generation) : null}</section>`)}</div>`;
}

/** What an action on many would do, before it is done. */
import type { Request } from 'express';
import { html, type Html } from '../html/html.ts';
import { token } from '../html/page.ts';
import { number } from '../html/words.ts';
import { agreement } from './action-forms.ts';
import { type BulkPlan, type Fate, MOST_AT_ONCE } from './bulk-plan.ts';

const WORDS: Record<Fate, string> = {
  submit: 'will be submitted again: may be paid again',
  poll: 'will only be polled: nothing is paid',
  fetch: 'will only be fetched: nothing is paid',
  stop: 'will be canceled: nothing is paid',
  billed: 'will be canceled, and may or will be billed all the same',
  person: 'need your word one by one, and are left as they are',
  nothing: 'stay as they are',
};

export function bulkPage(request: Request, plan: BulkPlan): Html {
  const { counts, what, words, left } = plan;
  const acting = plan.entries.length - counts.nothing - counts.person;
  const lines = (Object.keys(WORDS) as Fate[]).filter((fate) => counts[fate] > 0);
  return html`<h1>${what === 'retry' ? 'Retry' : 'Cancel'} ${number(plan.entries.length)}</h1>
<p>Found by: ${words}.</p>
<ul class="plan">${lines.map((fate) => html`<li class="f-${fate}"><b>${number(counts[fate])}</b> ${WORDS[fate]}</li>`)}</ul>
${left > 0 ? html`<p class="notice">${number(left)} more were found. ${number(MOST_AT_ONCE)} are acted on at once: do it again afterwards.</p>` : null}
${acting === 0
  ? html`<p>Nothing to do.</p>`
  : html`<form method="post" action="/generations/act">${token(request)}<input type="hidden" name="plan" value="${plan.id}">
${counts.submit === 0 ? null : html`${agreement(`I know that ${number(counts.submit)} may be paid again`)}<p>${acting > counts.submit ? html`<button name="only" value="free" formnovalidate>Only what pays nothing (${number(acting - counts.submit)})</button>` : null}</p>`}
<p><button class="${counts.submit > 0 || what === 'cancel' ? 'danger' : 'primary'}">${what === 'retry' ? 'Retry' : 'Cancel'} ${number(acting)}</button></p></form>`}
<p><a href="/generations">Back</a></p>`;
}

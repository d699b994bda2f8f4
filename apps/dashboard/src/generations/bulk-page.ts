/** The page that says what an action on many generations would do, before it is done. */
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

const NAMES: Record<BulkPlan['what'], string> = { retry: 'Retry', cancel: 'Cancel' };

export function bulkPage(request: Request, plan: BulkPlan): Html {
  const { counts, what, words, left } = plan;
  const acting = plan.entries.length - counts.nothing - counts.person;
  const lines = (Object.keys(WORDS) as Fate[]).filter((fate) => counts[fate] > 0);
  return html`<h1>${NAMES[what]} ${number(plan.entries.length)}</h1>
<p>Found by: ${words}.</p>
<ul class="plan">${lines.map((fate) => html`<li class="f-${fate}"><b>${number(counts[fate])}</b> ${WORDS[fate]}</li>`)}</ul>
${left > 0 ? html`<p class="notice">${number(left)} more were found. ${number(MOST_AT_ONCE)} are acted on at once: do it again afterwards.</p>` : null}
${acting === 0 ? html`<p>Nothing to do.</p>` : form(request, plan, acting)}
<p><a href="/generations">Back</a></p>`;
}

/** `acting`: how many generations of the plan the action would change. */
function form(request: Request, { id, what, counts: { submit } }: BulkPlan, acting: number): Html {
  return html`<form method="post" action="/generations/act">${token(request)}<input type="hidden" name="plan" value="${id}">
${submit === 0 ? null : html`${agreement(`I know that ${number(submit)} may be paid again`)}<p>${onlyFree(acting - submit)}</p>`}
<p><button class="${submit > 0 || what === 'cancel' ? 'danger' : 'primary'}">${NAMES[what]} ${number(acting)}</button></p></form>`;
}

function onlyFree(count: number): Html | null {
  return count === 0 ? null : html`<button name="only" value="free" formnovalidate>Only what pays nothing (${number(count)})</button>`;
}

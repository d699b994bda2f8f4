/** The page of everything that waits for a person's decision: paid requests of which nobody knows whether they were accepted. */
import type { Generation } from '@dailies/queue';
import type { Request } from 'express';
import { mayAct } from '../auth/users.ts';
import { whoOf } from '../auth/signed-in.ts';
import { ambiguityFacts } from '../generations/ambiguity-facts.ts';
import { cancelMark } from '../generations/cancel-mark.ts';
import { titleOf } from '../generations/generation-table.ts';
import { onlyLooks, resolveForms } from '../generations/resolve-forms.ts';
import { html, type Html } from '../html/html.ts';
import { liveCount } from '../html/live-count.ts';
import { facts, generationPath, number } from '../html/words.ts';
import { type Level, readingNotice } from '../live/ledger-level.ts';

interface Inbox {
  /** How many there are in all; the page shows those given. */
  total: number;
  overdue: number;
  level: Level;
}

export function inboxPage(request: Request, generations: readonly Generation[], { total, overdue, level }: Inbox): Html {
  const mayDo = mayAct(whoOf(request).user, 'operator');
  const newest = generations.length < total ? html`, the newest ${generations.length} shown: <a href="/generations?state=unresolved">all of them</a>` : null;
  return html`<h1>Unresolved</h1>
<p>A paid request was sent, nobody saw its answer, and no look-up could tell. Nothing is sent again by itself. A late answer settles it, else your word.</p>
<div data-part="overdue" id="overdue">${overdue === 0 ? null : overdueLine(overdue)}</div>
${mayDo ? null : onlyLooks(request)}
<p>${liveCount(total === 0 && level.isLevel ? null : html`${number(total)} unresolved${newest}`)}</p>
<div data-part="inbox" id="inbox">
${readingNotice(level, 'Others may wait for you, too.')}
${total === 0 && level.isLevel ? html`<p class="empty">Nothing waits for you.</p>` : null}
${generations.map((generation) => card(generation, mayDo ? resolveForms(request, generation) : null))}</div>`;
}

function overdueLine(count: number): Html {
  const link = html`<a href="/generations?state=overdue">${number(count)} overdue</a>`;
  return html`<p>${link}: later than the deadline. Their tasks are kept and looked at now and then.</p>`;
}

function card(generation: Generation, forms: Html | null): Html {
  const { id, provider, ambiguity } = generation;
  return html`<section class="card case" aria-labelledby="t-${id}">
<h2 id="t-${id}"><a href="${generationPath(id)}"><bdi>${titleOf(generation)}</bdi></a> ${cancelMark(generation)}</h2>
${facts([['Provider', provider], ['Id', html`<code>${id}</code>`], ...(ambiguity === undefined ? [] : ambiguityFacts(ambiguity))])}
${forms}</section>`;
}

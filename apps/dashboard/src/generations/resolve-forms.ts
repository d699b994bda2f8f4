/** The three decisions that a person can make about an unresolved generation, each with its price. */
import { type Generation, LONGEST_TASK_ID } from '@dailies/queue';
import type { Request } from 'express';
import { whoOf } from '../auth/signed-in.ts';
import { agreement } from './action-forms.ts';
import { html, type Html } from '../html/html.ts';
import { token } from '../html/page.ts';
import { generationPath } from '../html/words.ts';

export function resolveForms(request: Request, { id, provider, seq }: Generation): Html {
  const form = (what: string, fields: Html): Html => html`<form method="post" action="${generationPath(id)}/resolve">${token(request)}
<input type="hidden" name="what" value="${what}"><input type="hidden" name="seq" value="${seq}">${fields}</form>`;
  return html`<div class="resolve" role="group" aria-label="Resolve ${id}"><p>Look at the console of ${provider} for the time and the prompt.</p>
<div class="choices">
${form('task', html`<h3>It is there</h3><label>Its task id <input name="task" required maxlength="${LONGEST_TASK_ID}" autocomplete="off"></label>
<button class="primary">Adopt the task</button><p class="quiet">Pays nothing more: it is polled and downloaded.</p>`)}
${form('resubmit', html`<h3>It is not there</h3>${agreement('I looked: it may be paid twice if I am wrong')}
<button class="danger">Submit again</button><p class="quiet">A new round: pays, and pays twice if the first was accepted after all.</p>`)}
${form('abandon', html`<h3>Not worth it</h3><button>Abandon</button><p class="quiet">It fails as abandoned. The upstream may still bill it.</p>`)}
</div></div>`;
}

/** In place of the forms, for who may not say it. */
export function onlyLooks(request: Request): Html {
  return html`<p class="quiet">Your role, ${whoOf(request).user.role}, only looks: an operator gives the word.</p>`;
}

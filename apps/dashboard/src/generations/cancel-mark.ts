/** The mark of a person's cancel that waits for the outcome of the submit: without it, people would press again. */
import { type Generation, hasWaitingCancel } from '@dailies/queue';
import { html, type Html } from '../html/html.ts';

export const CANCEL_WAITS = 'A person asked to cancel it. That is decided as soon as the outcome of its submit is known, and it may be billed.';

export function cancelMark(generation: Pick<Generation, 'state' | 'cancelRequested'>): Html | null {
  return hasWaitingCancel(generation) ? html`<span class="badge v-wait" title="${CANCEL_WAITS}">cancel requested</span>` : null;
}

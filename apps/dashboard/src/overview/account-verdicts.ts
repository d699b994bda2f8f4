/** The verdicts on one account of a provider, out of all that the snapshot knows, and how a page says them. */
import { html, type Html } from '../html/html.ts';
import { redactText } from '../html/redact.ts';
import { time } from '../html/words.ts';
import { type AccountView, type Verdict, verdictsOf } from './account-view.ts';
import type { ProviderView, Snapshot } from './snapshot.ts';

export function accountVerdicts(view: ProviderView, account: AccountView, { at, workers, providers }: Snapshot): Verdict[] {
  const { counts, figures, held, pollsLateMs, unansweredSince, hasFewReplicas } = view;
  const sharing = providers.filter(({ accounts }) => accounts.some(({ id }) => id === account.id));
  return verdictsOf(account, {
    queued: counts.queued,
    held: held.byState.get('queued') ?? 0,
    forMs: figures.oldestQueued === null ? 0 : at - Math.max(figures.oldestQueued, figures.lastMove),
    workers: workers?.filter(({ isSilent }) => !isSilent).length ?? null,
    pollsLateMs,
    unansweredSince,
    hasFewReplicas,
    ambiguous: sharing.reduce((sum, one) => sum + one.counts.ambiguous, 0),
  });
}

export function verdictLine({ word, tone, why, since, pollsToo = false }: Verdict): Html {
  const age = since === undefined ? null : html` <small>since ${time(since, 'ago')}${pollsToo ? ', polls too' : null}</small>`;
  return html`<p class="verdict ${tone}"><span class="badge v-${tone}">${word}</span> ${redactText(why)}${age}</p>`;
}

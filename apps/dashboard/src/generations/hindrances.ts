/** What keeps a generation from its next step, beside pauses: the verdicts on its account that concern its state. What is held has a reason of its own. */
import type { Generation, State } from '@dailies/queue';
import { accountVerdicts } from '../overview/account-verdicts.ts';
import type { Verdict } from '../overview/account-view.ts';
import type { Snapshot } from '../overview/snapshot.ts';

export function hindrances({ state, provider, account, held }: Generation, snapshot: Snapshot): Verdict[] {
  const words = CONCERN[state] ?? [];
  const view = snapshot.providers.find((one) => one.provider.name === provider);
  const own = view?.accounts.find(({ id }) => id === account);
  if (held !== undefined || view === undefined || own === undefined) return [];
  return accountVerdicts(view, own, snapshot).filter(({ word }) => words.includes(word));
}

/** An open breaker keeps submits back only. */
const OF_LOOKS = ['no answers', 'not taken'] as const;
const CONCERN: Partial<Record<State, readonly Verdict['word'][]>> = {
  queued: [...OF_LOOKS, 'breaker open', 'few replicas', 'cooling down', 'full'],
  ambiguous: [...OF_LOOKS, 'breaker open'],
  rendering: OF_LOOKS,
  overdue: OF_LOOKS,
};

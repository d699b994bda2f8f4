/** Counts the transitions that a process makes through its store. Each counts once, even when the script had to be sent again. */
import { PROVIDER_NAMES } from '@dailies/providers';
import type { StateChange } from '@dailies/queue';
import type { Meter } from './meter.ts';

/** The kinds of failure that upstreams and asset hosts cause. */
const KINDS = ['rejected', 'moderated', 'upstream', 'missing', 'no_output', 'protocol', 'asset', 'expired', 'delisted', 'id_used'] as const;

/** Begins the series of all ends at 0. For workers: a series that appears with its first ten failures shows no increase, and raises no alert. */
export function beginTransitions(meter: Meter): void {
  for (const provider of PROVIDER_NAMES) {
    meter.count('dailies_transitions_total', { provider, state: 'succeeded', kind: '' }, 0);
    for (const kind of KINDS) meter.count('dailies_transitions_total', { provider, state: 'failed', kind }, 0);
  }
}

export function countTransition(meter: Meter, { provider, to, failureKind }: StateChange): void {
  meter.count('dailies_transitions_total', { provider, state: to, kind: failureKind ?? '' });
}

/** Counts the changes of state that a process makes through its store: each once, also when its answer had to be sent again. */
import { PROVIDER_NAMES } from '@dailies/providers';
import type { SeenChange } from '@dailies/queue';
import type { Meter } from './meter.ts';

/** Of what upstreams and hosts fail. */
const KINDS = ['rejected', 'moderated', 'upstream', 'missing', 'no_output', 'protocol', 'asset', 'expired', 'delisted', 'id_used'] as const;

/** For who works: ends are there from the first scrape on. A series that begins with the first ten failures has not increased, and alarms nobody. */
export function beginTransitions(meter: Meter): void {
  for (const provider of PROVIDER_NAMES) {
    meter.count('dailies_transitions_total', { provider, state: 'succeeded', kind: '' }, 0);
    for (const kind of KINDS) meter.count('dailies_transitions_total', { provider, state: 'failed', kind }, 0);
  }
}

export function countTransition(meter: Meter, { provider, to, failureKind }: SeenChange): void {
  meter.count('dailies_transitions_total', { provider, state: to, kind: failureKind ?? '' });
}

/** Counts the changes of state that a process makes through its store: each once, also when its answer had to be sent again. */
import type { SeenChange } from '@dailies/queue';
import type { Meter } from './meter.ts';

export function countTransition(meter: Meter, { provider, to, failureKind }: SeenChange): void {
  meter.count('dailies_transitions_total', { provider, state: to, kind: failureKind ?? '' });
}

/**
 * Whether a person's cancel waits to be carried out: it came while the outcome of the submit was not known. The record keeps the wish where it came to
 * nothing (the submit was refused, or finished at once), so nobody may show `cancelRequested` of a record without asking here.
 */
import type { Generation } from './generation.ts';
import type { State } from './states.ts';

/** As queued or rendering it is carried out by the next step of a worker; an unresolved one may become either by a late answer. */
const STILL_OPEN: readonly State[] = ['queued', 'submitting', 'ambiguous', 'unresolved', 'rendering'];

export function hasWaitingCancel({ state, cancelRequested }: Pick<Generation, 'state' | 'cancelRequested'>): boolean {
  return cancelRequested === true && STILL_OPEN.includes(state);
}

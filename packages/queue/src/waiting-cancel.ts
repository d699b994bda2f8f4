/**
 * Whether a person's cancel waits to be carried out: it came while the outcome of the submit was not known. The record keeps the wish where it came to
 * nothing (the submit was refused, or finished at once), so nobody may show `cancelRequested` of a record without asking here.
 */
import type { Generation } from './generation.ts';
import type { State } from './states.ts';

/**
 * As rendering it is carried out by the next step of a worker; so it is as queued, where a worker of an older version has put it back. An unresolved one
 * may become either by a late answer.
 */
const STILL_OPEN: readonly State[] = ['queued', 'submitting', 'ambiguous', 'unresolved', 'rendering'];

export function hasWaitingCancel({ state, cancelRequested }: Pick<Generation, 'state' | 'cancelRequested'>): boolean {
  return cancelRequested === true && STILL_OPEN.includes(state);
}

/** What is held of a batch or a provider, for people: how many, why, and what helps. Pure. */
import type { HeldWork } from '../batch/held-work.ts';
import { printable } from '../printable.ts';

export function heldWorkText(held: readonly HeldWork[]): string {
  return held
    .map(({ count, provider, reason, why, remedy }) => `${count} of ${provider} held (${reason}): ${printable(why)}. What helps: ${remedy}\n`)
    .join('');
}

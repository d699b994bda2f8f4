/** How many cancels of a batch wait, for people. Pure. */
export function waitingCancelsText(count: number): string {
  if (count === 0) return '';
  return `cancel requested: ${count}\n  Each is decided as soon as the outcome of its submit is known, and may be billed.\n`;
}

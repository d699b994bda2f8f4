/** The pauses that hold some of a batch, for people: how many, since when, why, and what ends it. Pure. */
import type { HoldingPause } from '../batch/holding-pauses.ts';
import { pauseStep } from '@dailies/queue';
import { printable } from '../printable.ts';

export function holdingPausesText(holding: readonly HoldingPause[]): string {
  return holding.map((one) => `${holdingPauseText(one)}\n`).join('');
}

export function holdingPauseText({ provider, count, since, reason, remedy, kind, scope }: HoldingPause): string {
  const [wait, go] = count === 1 ? ['waits', 'It goes'] : ['wait', 'They go'];
  const what = `${count} of ${provider} ${wait} under a pause since ${since}: ${printable(reason)}`;
  return [`${what}.`, pauseStep({ kind, scope }), `${go} on with: ${remedy}`].filter(Boolean).join(' ');
}

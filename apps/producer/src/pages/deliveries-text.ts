/** The log of webhook deliveries for people, oldest first as the history is. Pure. */
import type { PublicDelivery } from '@dailies/queue';
import { printable } from '../printable.ts';

/** Empty where nothing was delivered: most have no webhook. */
export function deliveriesText(deliveries: readonly PublicDelivery[]): string {
  if (deliveries.length === 0) return '';
  const lines = deliveries
    .toReversed()
    .map(
      ({ at, event, to, outcome, ms, note }) =>
        `  ${at}  ${outcome.padEnd(9)} ${event} to ${printable(to, 200)} in ${ms} ms${note === undefined ? '' : `: ${printable(note, 300)}`}`,
    );
  return `${['webhooks', ...lines].join('\n')}\n`;
}

/** The known facts about an ambiguous submit, for a page: a paid request of which nobody knows whether it was accepted. */
import type { Generation } from '@dailies/queue';
import { html, type Content } from '../html/html.ts';
import { redactText } from '../html/redact.ts';
import { time } from '../html/words.ts';

export function ambiguityFacts({ sentAt, until, endSeen, endAt, why, requestId }: NonNullable<Generation['ambiguity']>): [string, Content][] {
  return [
    ['Sent', until === undefined ? time(sentAt) : html`between ${time(sentAt)} and ${time(until)}, if at all`],
    ['What is known', redactText(why)],
    ['End of the exchange', endSeen ? html`seen${endAt === undefined ? null : html` at ${time(endAt)}`}` : 'not seen: whoever sent it fell silent'],
    ...(requestId === undefined ? [] : [['Upstream request id', html`<code>${requestId}</code>`] as [string, Content]]),
  ];
}

/** Webhook endpoints that fail, the latest few: which, since when, why, and what helps. Nothing of ours waits for them. */
import type { Endpoint } from '@dailies/queue';
import { html, type Html } from '../html/html.ts';
import { redactText } from '../html/redact.ts';
import { number, time } from '../html/words.ts';

/** As many are read and shown, however many fail. */
export const MOST_ENDPOINTS = 3;

export function endpointLines(endpoints: readonly Endpoint[]): Html[] {
  return endpoints.slice(0, MOST_ENDPOINTS).map(line);
}

function line({ id, url, failures, failingSince, lastFailure, disabledAt }: Endpoint): Html {
  const name = disabledAt === null ? 'webhook fails' : 'webhook disabled';
  const next =
    disabledAt === null
      ? 'What it misses is tried again for 24 hours.'
      : html`Nothing is sent there any more. <code>dailies webhooks --enable ${id}</code> sends what it has missed.`;
  return html`<p class="verdict"><span class="badge v-${disabledAt === null ? 'wait' : 'bad'}">${name}</span>
the receiver: ${url} has failed ${number(failures)} ${failures === 1 ? 'time' : 'times'} in a row, the last time: ${redactText(lastFailure)}.
${next} <small>since ${time(failingSince, 'ago')}</small></p>`;
}

/** A few webhook endpoints that fail or are disabled, for the overview: which, since when, why, and what helps. No generation waits for them. */
import type { Endpoint } from '@dailies/queue';
import { html, type Html } from '../html/html.ts';
import { redactText } from '../html/redact.ts';
import { number, time } from '../html/words.ts';

/** At most this many are read in each shard, those that failed last. */
export const MOST_ENDPOINTS = 20;
const SHOWN = 3;

/** Those that are disabled first. They ask for a person, and have failed longer ago than others that go on failing: nothing is sent there any more. */
export function endpointLines(endpoints: readonly Endpoint[]): Html[] {
  const ordered = endpoints.toSorted((one, other) => Number(other.disabledAt !== null) - Number(one.disabledAt !== null));
  const rest = ordered.length > SHOWN ? [html`<p class="quiet">Other webhook endpoints fail as well: <code>dailies webhooks</code> names them.</p>`] : [];
  return [...ordered.slice(0, SHOWN).map(line), ...rest];
}

function line({ id, url, failures, failingSince, lastFailure, disabledAt }: Endpoint): Html {
  const name = disabledAt === null ? 'webhook fails' : 'webhook disabled';
  const next =
    disabledAt === null
      ? 'What it misses is tried again for 24 hours.'
      : html`Nothing is sent there any more. <code>dailies webhooks --enable ${id}</code> sends what it has missed.`;
  return html`<p class="verdict"><span class="badge v-${disabledAt === null ? 'wait' : 'bad'}">${name}</span>
the receiver: ${url} has failed ${failures === 1 ? 'once' : `${number(failures)} times in a row, the last time`}: ${redactText(lastFailure).replace(/\.$/, '')}.
${next} <small>since ${time(failingSince, 'ago')}</small></p>`;
}

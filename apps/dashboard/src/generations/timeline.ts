/** What happened to a generation, oldest first, with how long each state lasted. */
import type { Generation } from '@dailies/queue';
import { redactText } from '../html/redact.ts';
import { html, type Html } from '../html/html.ts';
import { badge, duration, time } from '../html/words.ts';

export function timeline({ history, stub }: Generation): Html {
  const entries = history.map((entry, at) => item(entry, history[at + 1]));
  const rest = stub === true ? html`<p class="quiet">Past its retention: what happened after that is forgotten.</p>` : null;
  return html`<ol class="timeline">${entries}</ol>${rest}`;
}

type Entry = Generation['history'][number];

function item({ at, state, note, times }: Entry, next: Entry | undefined): Html {
  const lasted = next === undefined ? null : html` <small>for ${duration(next.at - at)}</small>`;
  const often = times === undefined ? null : html` <small>${times} times in a row</small>`;
  const why = note === undefined ? null : html`<br><span class="note">${redactText(note)}</span>`;
  return html`<li>${badge(state)} ${time(at)}${lasted}${often}${why}</li>`;
}

/** What happened to a generation, oldest first, with how long each state lasted. */
import type { Generation } from '@dailies/queue';
import { redactText } from '../html/redact.ts';
import { html, type Html } from '../html/html.ts';
import { badge, duration, time } from '../html/words.ts';

export function timeline({ history, stub }: Generation): Html {
  const entries = history.map((entry, at) => {
    // What a stub has forgotten follows its beginning; what a retry has done since is kept.
    if (at > 0 || stub !== true) return item(entry, history[at + 1]);
    return html`${item(entry, undefined)}<li class="quiet">Past its retention: what happened next is forgotten.</li>`;
  });
  return html`<ol class="timeline">${entries}</ol>`;
}

type Entry = Generation['history'][number];

function item({ at, state, note, times }: Entry, next: Entry | undefined): Html {
  const lasted = next === undefined ? null : html` <small>for ${duration(next.at - at)}</small>`;
  const often = times === undefined ? null : html` <small>${times} times in a row</small>`;
  const why = note === undefined ? null : html`<br><span class="note">${redactText(note)}</span>`;
  return html`<li>${badge(state)} ${time(at)}${lasted}${often}${why}</li>`;
}

/** What happened to a generation, oldest first, with how long each state lasted. */
import type { Generation } from '@dailies/queue';
import { redactText } from '../html/redact.ts';
import { html, type Html } from '../html/html.ts';
import { badge, duration, time } from '../html/words.ts';

export function timeline({ history, stub }: Generation): Html {
  return html`<ol class="timeline">${history.map(({ at, state, note, times }, index) => {
    const next = history[index + 1];
    return html`<li>${badge(state)} ${time(at)}${next === undefined ? null : html` <small>for ${duration(next.at - at)}</small>`}${times === undefined ? null : html` <small>${times} times in a row</small>`}${note === undefined ? null : html`<br><span class="note">${redactText(note)}</span>`}</li>`;
  })}</ol>${stub === true ? html`<p class="quiet">Past its retention: the history before its end is gone.</p>` : null}`;
}

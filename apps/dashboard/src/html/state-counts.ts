/** How many are in which state, each a link to those. */
import { STATES, type Counts } from '@dailies/queue';
import { html, type Html } from './html.ts';
import { badge, number } from './words.ts';

/** `query`: what the generations that are counted have in common, as the list finds them by it. */
export function stateCounts(label: string, counts: Counts, query: Record<string, string>): Html {
  const items = STATES.map((state) => {
    const link = `/generations?${new URLSearchParams({ ...query, state }).toString()}`;
    return html`<li class="${counts[state] === 0 ? 'none' : ''}"><a href="${link}">${badge(state)} <b>${number(counts[state])}</b></a></li>`;
  });
  return html`<ul class="counts" aria-label="${label}">${items}</ul>`;
}

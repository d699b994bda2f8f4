/** How many generations are in each state, each count a link to them. */
import { STATES, type Counts } from '@dailies/queue';
import { html, type Html } from './html.ts';
import { badge, number } from './words.ts';

/** `query`: the filter, as a query string of the list, that finds the counted generations. */
export function stateCounts(label: string, counts: Counts, query: Record<string, string>): Html {
  const items = STATES.map((state) => {
    const link = `/generations?${new URLSearchParams({ ...query, state }).toString()}`;
    return html`<li class="${counts[state] === 0 ? 'none' : ''}"><a href="${link}">${badge(state)} <b>${number(counts[state])}</b></a></li>`;
  });
  return html`<ul class="counts" aria-label="${label}">${items}</ul>`;
}

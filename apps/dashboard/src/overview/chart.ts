/** A chart: its numbers in the page, drawn by a script (assets/charts.js, uPlot), and told in words for who does not see it. */
import { html, type Html } from '../html/html.ts';
import { number, time } from '../html/words.ts';

export interface Chart {
  id: string;
  title: string;
  /** Epoch milliseconds at which each step begins. */
  starts: readonly number[];
  lines: readonly { name: string; values: readonly number[] }[];
  empty: string;
}

export function chart({ id, title, starts, lines, empty }: Chart): Html {
  const sum = (values: readonly number[]): number => values.reduce((all, value) => all + value, 0);
  const said = lines.length === 0 ? empty : lines.map(({ name, values }) => `${name}: ${number(sum(values))}`).join(', ');
  const data = JSON.stringify({ x: starts.map((at) => at / 1000), lines });
  return html`<figure class="chart"><figcaption>${title}</figcaption>
${lines.length === 0 ? html`<p class="quiet">${empty}</p>` : html`<div class="plot" id="chart-${id}" role="img" aria-label="${title}. In all, ${said}." data-chart="${data}"></div>
<details><summary>As a table</summary><div class="scroll" tabindex="0" role="region" aria-label="${title}"><table><thead><tr><th scope="col">From</th>${lines.map(({ name }) => html`<th scope="col">${name}</th>`)}</tr></thead><tbody>
${starts.map((at, step) => (lines.some(({ values }) => (values[step] ?? 0) > 0) ? html`<tr><th scope="row">${time(at)}</th>${lines.map(({ values }) => html`<td>${values[step] ?? 0}</td>`)}</tr>` : null))}
</tbody></table></div></details>`}</figure>`;
}

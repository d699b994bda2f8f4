/** A chart: its numbers stand in the page, a script draws them (assets/charts.js, uPlot), and words tell them to people who cannot see it. */
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
  const said = lines.map(({ name, values }) => `${name}: ${number(sum(values))}`).join(', ');
  const [first = 0, second = first] = starts;
  const data = JSON.stringify({ from: first / 1000, step: (second - first) / 1000, lines });
  if (lines.length === 0) return html`<figure class="chart"><figcaption>${title}</figcaption>\n<p class="quiet">${empty}</p></figure>`;
  return html`<figure class="chart"><figcaption>${title}</figcaption>
<div class="plot" id="chart-${id}" role="img" aria-label="${title}. In all, ${said}." data-chart="${data}"></div>
<details><summary>As a table</summary><div class="scroll" tabindex="0" role="region" aria-label="${title}">${table(starts, lines)}</div></details></figure>`;
}

/** Sums by the hour. Empty hours are left out. */
function table(starts: Chart['starts'], lines: Chart['lines']): Html {
  const rows = hours(starts).map(({ at, from, to }) => ({ at, sums: lines.map(({ values }) => sum(values.slice(from, to))) }));
  const row = ({ at, sums }: (typeof rows)[number]): Html => html`<tr><th scope="row">${time(at)}</th>${sums.map((one) => html`<td>${one}</td>`)}</tr>\n`;
  return html`<table><thead><tr><th scope="col">Hour from</th>${lines.map(({ name }) => html`<th scope="col">${name}</th>`)}</tr></thead>
<tbody>${rows.filter(({ sums }) => sum(sums) > 0).map(row)}</tbody></table>`;
}

function sum(values: readonly number[]): number {
  return values.reduce((all, value) => all + value, 0);
}

/** The steps grouped by hour, newest first. */
function hours(starts: readonly number[]): { at: number; from: number; to: number }[] {
  const found: { at: number; from: number; to: number }[] = [];
  for (const [step, at] of starts.entries()) {
    const last = found.at(-1);
    if (last !== undefined && Math.floor(last.at / 3_600_000) === Math.floor(at / 3_600_000)) last.to = step + 1;
    else found.push({ at, from: step, to: step + 1 });
  }
  return found.toReversed();
}

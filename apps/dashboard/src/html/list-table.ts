/** The table of a list. On a narrow screen each row becomes a card, in which the column heads name the cells. */
import { html, type Content, type Html } from './html.ts';

export function listTable(heads: readonly string[], rows: readonly (readonly Content[])[]): Html {
  const names = heads.slice(1);
  const row = ([about, ...cells]: readonly Content[]): Html =>
    html`<tr><td class="prompt">${about}</td>${cells.map((cell, at) => html`<td data-name="${names[at]}">${cell}</td>`)}</tr>\n`;
  return html`<table class="list"><thead><tr>${heads.map((head) => html`<th scope="col">${head}</th>`)}</tr></thead>
<tbody>${rows.map(row)}</tbody></table>`;
}

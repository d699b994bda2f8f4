/** Small things that many pages show in the same way: times, durations, states, counts. */
import { amountText, beginningOf, type Spend, type State } from '@dailies/queue';
import { html, type Content, type Html } from './html.ts';

/** Written in UTC. A script in the page turns it into local time or, with `ago`, into how long ago it was. */
export function time(at: number, style: 'full' | 'ago' = 'full'): Html {
  const iso = new Date(at).toISOString();
  return html`<time datetime="${iso}" data-style="${style}">${iso.slice(0, 16).replace('T', ' ')} UTC</time>`;
}

export function duration(milliseconds: number): string {
  const seconds = Math.max(0, Math.round(milliseconds / 1000));
  if (seconds < 100) return `${seconds} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 100) return `${minutes} min`;
  const hours = Math.round(minutes / 6) / 10;
  return hours < 48 ? `${hours} h` : `${Math.round(hours / 24)} d`;
}

export function number(count: number): string {
  return count.toLocaleString('en').replaceAll(',', '\u2009');
}

/** Empty where nothing is known of prices: then it is no fact. */
export function spentFact(spend: readonly Spend[]): (readonly [string, Html[]])[] {
  const sums = spend.map((one) => html`${amountText(one)} <small>${one.model}</small><br>`);
  return sums.length === 0 ? [] : [['Spent', sums]];
}

export function badge(state: State): Html {
  return html`<span class="badge s-${state}">${state}</span>`;
}

export function facts(entries: readonly (readonly [string, Content])[]): Html {
  return html`<dl class="facts">${entries.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>`;
}

const LONGEST_LINE = 120;

/** The beginning of a text, in one line. */
export function shortened(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim();
  return line.length > LONGEST_LINE ? `${beginningOf(line, LONGEST_LINE - 1)}…` : line;
}

export function generationPath(id: string): string {
  return `/generations/${encodeURIComponent(id)}`;
}

export function batchPath(name: string): string {
  return `/batches/${encodeURIComponent(name)}`;
}

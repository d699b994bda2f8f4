/**
 * How many a live page shows. A part of its own, which changes with the count and nothing else: a screen reader says it anew each time that it does.
 */
import { html, type Content, type Html } from './html.ts';

export function liveCount(count: Content): Html {
  return html`<span role="status" data-part="count" id="count">${count}</span>`;
}

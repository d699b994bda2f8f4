/** Downloads that wait for a disk, a folder or a bucket, each with what helps. The videos are paid, and no generation fails while they wait. */
import type { DownloadWait } from '@dailies/queue';
import { html, type Html } from './html.ts';
import { redactText } from './redact.ts';
import { number, time } from './words.ts';

/** Each batch has a folder of its own: one full disk makes as many of these waits as there are batches. */
const SHOWN = 3;

export function downloadWaitLines(waits: readonly DownloadWait[]): Html[] {
  const reasons = [...new Set(waits.map(({ reason }) => reason))];
  return [...reasons.slice(0, SHOWN).map((reason) => line(reason, waits.filter((wait) => wait.reason === reason))), ...moreLine(reasons.length - SHOWN)];
}

function moreLine(more: number): Html[] {
  if (more <= 0) return [];
  const folders = `${number(more)} more ${more === 1 ? 'folder' : 'folders'}`;
  return [html`<p class="quiet">Downloads wait for ${folders}: <code>dailies status</code> names all.</p>`];
}

/** Workers on several machines may wait for one bucket. What is wrong with it is said once. */
function line(reason: string, waits: readonly DownloadWait[]): Html {
  const machines = [...new Set(waits.map(({ machine }) => machine))].join(', ');
  return html`<p class="verdict bad"><span class="badge v-bad">downloads wait</span>
us: on ${machines}: ${redactText(reason)} <small>since ${time(Math.min(...waits.map(({ since }) => since)), 'ago')}</small></p>`;
}

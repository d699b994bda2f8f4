/** The workers in one line: how many are alive, and which of them has fallen silent. */
import type { SeenWorker } from '@dailies/queue';
import { html, type Html } from '../html/html.ts';
import { duration } from '../html/words.ts';

export function workersLine(workers: readonly SeenWorker[] | null): Html | null {
  if (workers === null) return null;
  const silent = workers.filter(({ isSilent }) => isSilent);
  const alive = workers.length - silent.length;
  const names = silent.map(({ name, silentMs }) => `${name} has been silent for ${duration(silentMs)}`).join(', ');
  if (alive === 0) {
    const who = names === '' ? null : ` (${names})`;
    return html`<p class="verdict bad"><span class="badge v-bad">no worker</span>
us: nothing is submitted, polled or downloaded${who}. Nothing is lost. Start a worker.</p>`;
  }
  const count = `${alive} ${alive === 1 ? 'worker' : 'workers'} at work`;
  if (silent.length === 0) return html`<p class="quiet">${count}.</p>`;
  return html`<p class="verdict bad"><span class="badge v-bad">silent worker</span>
us: ${names}: killed, frozen or cut off. ${count}: its jobs go on there 15 to 18 s after its last sign of life.</p>`;
}

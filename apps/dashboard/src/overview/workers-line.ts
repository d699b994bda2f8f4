/** The workers: how many are alive, which of them has fallen silent, and whose clock is wrong. */
import { type SeenWorker, wrongClocks } from '@dailies/queue';
import { html, type Html } from '../html/html.ts';
import { duration } from '../html/words.ts';

export function workersLines(workers: readonly SeenWorker[] | null): Html[] {
  return workers === null ? [] : [countLine(workers), ...clockLine(workers)];
}

/** One line for all: where the clock of Redis is the wrong one, every worker tells of it. */
function clockLine(workers: readonly SeenWorker[]): Html[] {
  const wrong = wrongClocks(workers);
  if (wrong.length === 0) return [];
  const clocks = wrong.map(({ name, aheadMs }) => {
    const apart = `${duration(Math.abs(aheadMs))} ${aheadMs > 0 ? 'ahead of' : 'behind'}`;
    return `the clock of ${name} is ${apart} that of Redis`;
  });
  return [html`<p class="verdict bad"><span class="badge v-bad">wrong clock</span>
us: ${clocks.join(', ')}. Deadlines and the times of looks are wrong, and submits in doubt may become questions; nothing is paid twice. Switch on time
synchronisation (NTP) on these machines and on that of Redis.</p>`];
}

function countLine(workers: readonly SeenWorker[]): Html {
  const silent = workers.filter(({ isSilent }) => isSilent);
  const alive = workers.length - silent.length;
  const names = silent.map(({ name, silentMs }) => `${name} has been silent for ${duration(silentMs)}`).join(', ');
  if (alive === 0) {
    const who = names === '' ? null : ` (${names})`;
    return html`<p class="verdict bad"><span class="badge v-bad">no worker</span>
us: nothing is submitted, polled or downloaded${who}. Nothing is lost. Start a worker.
If one runs, Redis does not take what it writes: <code>dailies doctor</code> says why.</p>`;
  }
  const count = `${alive} ${alive === 1 ? 'worker' : 'workers'} at work`;
  if (silent.length === 0) return html`<p class="quiet">${count}.</p>`;
  return html`<p class="verdict bad"><span class="badge v-bad">silent worker</span>
us: ${names}: killed, frozen or cut off. ${count}: its jobs go on there 15 to 18 s after its last sign of life.</p>`;
}

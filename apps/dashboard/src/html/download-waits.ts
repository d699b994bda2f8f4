/** Downloads that wait for a disk, a folder or a bucket, each with what helps: the videos are paid, and nothing fails by it. */
import type { DownloadWait } from '@dailies/queue';
import { html, type Html } from './html.ts';
import { redactText } from './redact.ts';
import { time } from './words.ts';

export function downloadWaitLines(waits: readonly DownloadWait[]): Html[] {
  return waits.map(
    ({ machine, reason, since }) => html`<p class="verdict bad"><span class="badge v-bad">downloads wait</span>
us: on ${machine}: ${redactText(reason)} <small>since ${time(since, 'ago')}</small></p>`,
  );
}

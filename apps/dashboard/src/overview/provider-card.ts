/** One provider on the overview: the verdict first, then counts, slots, ages, times, and the button that pauses or resumes it. */
import { LEDGER_SCOPE, type Pause } from '@dailies/queue';
import type { Request } from 'express';
import { filterQuery } from '../generations/filter.ts';
import { html, type Html } from '../html/html.ts';
import { token } from '../html/page.ts';
import { stateCounts } from '../html/state-counts.ts';
import { duration, facts, number, spentFact } from '../html/words.ts';
import { accountVerdicts, verdictLine } from './account-verdicts.ts';
import type { AccountView, Held, Verdict } from './account-view.ts';
import type { ProviderView, Snapshot } from './snapshot.ts';

export function providerCard(request: Request, view: ProviderView, snapshot: Snapshot, mayPause: boolean): Html {
  const { provider, counts, accounts, figures, held, wait, spend } = view;
  const { at: now } = snapshot;
  const { timeToVideo, videos, failures } = figures;
  const resumable = accounts.flatMap(({ pauses }) => pauses.filter(({ scope }) => scope !== LEDGER_SCOPE));
  const form = resumable.length > 0 ? resumeForm(request, provider.name, resumable) : pauseForm(request, provider.name);
  const waiting = wait === null ? null : html`<p class="verdict bad"><span class="badge v-bad">waits</span> us: ${wait.text}</p>`;
  return html`<section id="p-${provider.name}" class="card" aria-labelledby="h-${provider.name}">
<h2 id="h-${provider.name}">${provider.name}</h2>
<div data-part="provider" id="p-${provider.name}-state">
${waiting ?? accounts.flatMap((account) => accountVerdicts(view, account, snapshot).map(briefLine))}
${accounts.length > 0 || wait !== null ? null : html`<p class="verdict"><span class="badge">no key</span> Set ${provider.keyVariable} to use it.</p>`}
${stateCounts(`Generations of ${provider.name} by state`, counts, { provider: provider.name })}
${facts([
  ...accounts.map((account) => ['Slots', slots(account)] as const),
  ...(held.byState.size === 0 ? [] : [['Held', heldLink(provider.name, held)] as const]),
  ['Oldest queued', figures.oldestQueued === null ? '–' : duration(now - figures.oldestQueued)],
  ['Oldest rendering', figures.oldestRendering === null ? '–' : duration(now - figures.oldestRendering)],
  ['Videos', whole([`${number(videos.tenMinutes)} in 10 min`, `${number(videos.hour)} in 1 h`, `${number(videos.day)} in 24 h`])],
  ['Failures', whole([`${number(failures.hour)} in 1 h`, `${number(failures.day)} in 24 h`])],
  [
    'Time to video',
    timeToVideo.p50 === null || timeToVideo.p95 === null ? '–' : whole([`${duration(timeToVideo.p50)} half of them`, `${duration(timeToVideo.p95)} p95`]),
  ],
  ['Polls a video', figures.pollsPerVideo === null ? '–' : figures.pollsPerVideo.toFixed(1)],
  ...spentFact(spend),
])}</div>
<div data-part="act" id="p-${provider.name}-act">${mayPause ? form : null}</div></section>`;
}

function briefLine({ brief, why, ...verdict }: Verdict): Html {
  return verdictLine({ ...verdict, why: brief ?? why });
}

function heldLink(provider: string, held: Held): Html {
  const query = filterQuery({ provider, states: [...held.byState.keys()] }).toString();
  const count = [...held.byState.values()].reduce((sum, one) => sum + one, 0);
  return html`<a href="/generations?${query}">${number(count)}</a>: the reason stands beside each`;
}

function slots({ slots: used, limit, configured, learned, id }: AccountView): Html {
  const meter = html`<meter min="0" max="${Math.max(limit, used, 1)}" value="${used}" aria-label="Slots in use of ${id}">${used}</meter>`;
  const known = learned.refused ? 'learned from a refusal' : limit < configured ? 'learned so far' : 'as configured';
  const most = limit === configured ? known : `${known}, configured ${configured}`;
  return html`${meter} ${used}\u00a0of\u00a0${limit} <small>${most} · ${id.split('@', 1)[0] ?? ''}</small>`;
}

/** Broken between them only. */
function whole(parts: readonly string[]): string {
  return parts.map((part) => part.replaceAll(' ', '\u00a0')).join(' · ');
}

function pauseForm(request: Request, name: string): Html {
  return html`<details class="act"><summary>Pause…</summary><form method="post" action="/providers/${name}/pause">${token(request)}
<label>Reason <input name="reason" required maxlength="200"></label>
<label class="check"><input type="checkbox" name="polls" value="1"> polls too: deadlines wait with them</label>
<button>Pause ${name}</button></form></details>`;
}

/** `seen`: when the newest of the pauses that the page shows came, so that the button ends none that came later. */
function resumeForm(request: Request, name: string, pauses: readonly Pause[]): Html {
  const seen = Math.max(...pauses.map(({ newest }) => newest));
  return html`<form method="post" action="/providers/${name}/resume" class="act">${token(request)}<input type="hidden" name="seen" value="${seen}">
<button class="primary">Resume ${name}</button></form>`;
}

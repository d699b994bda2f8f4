/** The landing page: a card for each provider that is used, and charts of the last two days. */
import { type State, waitText } from '@dailies/queue';
import type { Request } from 'express';
import { mayAct } from '../auth/users.ts';
import { whoOf } from '../auth/signed-in.ts';
import { downloadWaitLines } from '../html/download-waits.ts';
import { html, type Html } from '../html/html.ts';
import { number } from '../html/words.ts';
import { type Level, readingNotice } from '../live/ledger-level.ts';
import { verdictLine } from './account-verdicts.ts';
import { FEW_REPLICAS } from './account-view.ts';
import { chart } from './chart.ts';
import { endpointLines } from './endpoint-lines.ts';
import { workersLines } from './workers-line.ts';
import { providerCard } from './provider-card.ts';
import type { ProviderView, Snapshot } from './snapshot.ts';

export function overview(request: Request, snapshot: Snapshot, level: Level): Html {
  const { starts, videos, failures } = snapshot.figures.series;
  const used = snapshot.providers.filter(isUsed);
  const shown = used.length === 0 ? snapshot.providers : used;
  const unused = snapshot.providers.filter((one) => !shown.includes(one)).map(({ provider }) => provider.name);
  const mayPause = mayAct(whoOf(request).user, 'operator');
  const { workers, downloadsWait, endpoints } = snapshot;
  const replicas = snapshot.providers.some(({ hasFewReplicas }) => hasFewReplicas) ? [verdictLine(FEW_REPLICAS)] : [];
  const lines = [...workersLines(workers), ...replicas, ...downloadWaitLines(downloadsWait), ...endpointLines(endpoints)];
  return html`<h1>Overview</h1>
<div data-part="totals" id="totals">${notices(snapshot, level)}${totals(snapshot)}${lines}</div>
<div class="cards" id="cards" data-list>${shown.map((view) => providerCard(request, view, snapshot, mayPause))}</div>
<div data-part="unused" id="unused">${unused.length === 0 ? null : html`<p class="quiet">Without a key or work: ${unused.join(', ')}.</p>`}</div>
<h2>The last 48 hours</h2>
<div class="charts" data-part="charts" id="charts">
${chart({ id: 'videos', title: 'Videos stored, each ten minutes', starts, lines: linesOf(videos), empty: 'No video was stored.' })}
${chart({ id: 'failures', title: 'Failures by kind, each ten minutes', starts, lines: linesOf(failures), empty: 'Nothing failed.' })}
</div>
<p class="quiet">A generation counts by its last word: one that failed and was retried is no failure any more. The last ten minutes are still under way.</p>`;
}

function notices({ waits }: Snapshot, level: Level): (Html | null)[] {
  return [readingNotice(level, 'Charts and times are not whole yet.'), ...waits.map((wait) => html`<p class="notice">${waitText(wait)}</p>`)];
}

function totals({ providers, figures }: Snapshot): Html {
  const sum = (state: State): number => providers.reduce((all, { counts }) => all + counts[state], 0);
  const hour = Object.values(figures.providers).reduce((all, { videos }) => all + videos.hour, 0);
  const underWay = sum('submitting') + sum('rendering') + sum('downloading');
  const [unresolved, overdue] = [sum('unresolved'), sum('overdue')];
  return html`<ul class="totals">
<li><a href="/generations?state=queued"><b>${number(sum('queued'))}</b> queued</a></li>
<li><a href="/generations?state=submitting&amp;state=rendering&amp;state=downloading"><b>${number(underWay)}</b> under way</a></li>
<li><a href="/generations?state=succeeded"><b>${number(sum('succeeded'))}</b> ${sum('succeeded') === 1 ? 'video' : 'videos'}</a></li>
<li><a href="/generations?state=failed"><b>${number(sum('failed'))}</b> failed</a></li>
<li class="${unresolved > 0 ? 'needs' : ''}"><a href="/inbox"><b>${number(unresolved)}</b> ${unresolved === 1 ? 'needs' : 'need'} you</a></li>
${overdue === 0 ? null : html`<li class="needs"><a href="/generations?state=overdue"><b>${number(overdue)}</b> overdue</a></li>`}
<li><span><b>${number(hour)}</b> ${hour === 1 ? 'video' : 'videos'} in the last hour</span></li>
</ul>`;
}

/** Lines without any value are left out. */
function linesOf(series: Record<string, number[]>): { name: string; values: number[] }[] {
  return Object.entries(series)
    .filter(([, values]) => values.some((value) => value > 0))
    .map(([name, values]) => ({ name, values }));
}

function isUsed({ provider, counts, accounts, wait }: ProviderView): boolean {
  return wait !== null || provider.account !== null || Object.values(counts).some((count) => count > 0) || accounts.some(({ pauses }) => pauses.length > 0);
}

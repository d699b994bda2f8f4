/** The page of one generation: what was requested, what happened and why, its files, and what a person can do. */
import { amountText, type DownloadWait, type Generation, linkWithoutQuery, type Pause, pauseCause, pauseStep, publicGeneration, type Stray } from '@dailies/queue';
import type { Request } from 'express';
import { mayAct } from '../auth/users.ts';
import { whoOf } from '../auth/signed-in.ts';
import { jobPath } from '../board/board-path.ts';
import { downloadWaitLines } from '../html/download-waits.ts';
import { hideSecretsIn, redactText, redactValue } from '../html/redact.ts';
import { html, type Content, type Html } from '../html/html.ts';
import { badge, batchPath, duration, facts, generationPath, number, time } from '../html/words.ts';
import { verdictLine } from '../overview/account-verdicts.ts';
import type { Verdict } from '../overview/account-view.ts';
import { actionForms } from './action-forms.ts';
import { ambiguityFacts } from './ambiguity-facts.ts';
import { CANCEL_WAITS, cancelMark } from './cancel-mark.ts';
import { curlOf } from './curl.ts';
import { reasonOf, titleOf } from './generation-table.ts';
import type { KeptJob } from './jobs-of.ts';
import { onlyLooks, resolveForms } from './resolve-forms.ts';
import { timeline } from './timeline.ts';

export interface GenerationParts {
  generation: Generation;
  jobs: readonly KeptJob[];
  /** The pauses that keep it from moving. */
  pauses: readonly Pause[];
  /** What else keeps it from moving at its upstream. */
  verdicts: readonly Verdict[];
  /** While it is downloading: the disks, folders and buckets that cannot take a video just now. */
  downloadsWait: readonly DownloadWait[];
  /** Names of the files that this machine can show. */
  local: ReadonlySet<string>;
}

export function generationPage(request: Request, { generation, jobs, pauses, verdicts, downloadsWait, local }: GenerationParts): Html {
  const mayDo = mayAct(whoOf(request).user, 'operator');
  const own = downloadsWait.filter((wait) => wait.reason === generation.waitsFor);
  const others = downloadsWait.filter((wait) => !own.includes(wait));
  // What it waits for itself is said once: with the machine, and since when, where that is known.
  const reason = own.length > 0 ? '' : reasonOf(generation);
  const mark = cancelMark(generation);
  return html`<h1 class="title"><bdi>${titleOf(generation)}</bdi></h1>
<div data-part="head" id="head"><p class="lead">${badge(generation.state)} ${mark} ${reason === '' ? null : html`<span class="reason">${reason}</span>`}</p>
${mark === null ? null : html`<p class="quiet">${CANCEL_WAITS}</p>`}
${pauses.map((pause) => held(generation, pause))}${verdicts.map(verdictLine)}${downloadWaitLines([...own, ...others])}</div>
<div data-part="acts" id="acts">${generation.state !== 'unresolved' ? null : mayDo ? resolveForms(request, generation) : onlyLooks(request)}
${mayDo ? actionForms(request, generation, { pauses, local }) : null}</div>
<div data-part="results" id="results">${results(generation, local)}</div>
<div class="columns"><div>
<section data-part="timeline" id="timeline"><h2>Timeline</h2>${timeline(generation)}</section>
<section data-part="jobs" id="jobs">${jobs.length === 0 ? null : html`<h2>Jobs</h2><ul class="jobs">${jobs.map(job)}</ul>`}</section>
</div><div>
<section data-part="facts" id="facts"><h2>Facts</h2>${factsOf(generation)}</section>
<section><h2>Request</h2><pre tabindex="0" aria-label="Request">${requestOf(generation)}</pre></section>
<section><h2>Ask for the same again</h2><p class="quiet">New work: it is paid anew.</p>
<pre tabindex="0" id="curl" aria-label="curl command">${curlOf(generation)}</pre><button type="button" data-copy="curl">Copy as curl</button></section>
</div></div>`;
}

function held({ provider }: Generation, { kind, scope, reason, at }: Pause): Html {
  const first = pauseStep({ kind, scope });
  const step = first === '' ? '' : ` → ${first}`;
  return html`<p class="notice">${provider} is paused since ${time(at)}: ${pauseCause(kind)}: ${redactText(reason)}${step} <a href="/">To the overview</a></p>`;
}

function results({ id, files = [], filesRemovedAt }: Generation, local: ReadonlySet<string>): Content {
  const shown = files.filter(({ file }) => local.has(file));
  if (filesRemovedAt !== undefined && shown.length === 0) return html`<p class="notice">The files were removed by retention, ${time(filesRemovedAt)}.</p>`;
  if (files.length > 0 && shown.length === 0) {
    const names = files.map(({ file }) => file).join(', ');
    return html`<p class="notice">Stored as ${names}. This machine cannot reach it there, or it is not whole any more: a retry fetches it again.</p>`;
  }
  const link = (file: string): string => `${generationPath(id)}/files/${encodeURIComponent(file)}`;
  return shown.map(({ kind, file, bytes, durationSeconds, width, height }) => {
    const words = [
      `${number(Math.ceil(bytes / 1024))} KiB`,
      durationSeconds === undefined ? '' : `${durationSeconds.toFixed(1)} s`,
      width === undefined ? '' : `${width} × ${height ?? '?'}`,
    ]
      .filter(Boolean)
      .join(' · ');
    const isFilm = kind === 'video' || kind === 'other';
    const label = kind === 'video' ? 'The video' : 'The copy with a watermark';
    const view = isFilm
      ? html`<video controls preload="metadata" playsinline src="${link(file)}" aria-label="${label}"></video>`
      : html`<img src="${link(file)}" alt="${kind} of the video" loading="lazy">`;
    return html`<figure class="result">${view}<figcaption>${words} · <a href="${link(file)}" download="${file}">Save ${file}</a></figcaption></figure>`;
  });
}

function factsOf(generation: Generation): Html {
  const {
    id, provider, account, batch, round, attempts, priority, taskKey, clientId, ambiguity, strays = [], polls, metadata, folder, createdBy, webhook,
    createdAt, submittedAt, finishedAt, lastPolledAt, deadlineAt, filesRemovedAt,
  } = generation;
  const { model, estimatedCost: cost } = publicGeneration(generation);
  const maybe = (name: string, value: Content | undefined): [string, Content][] => (value === undefined || value === null ? [] : [[name, value]]);
  const at = (value: number | undefined): Html | undefined => (value === undefined ? undefined : time(value));
  return facts([
    ['Id', html`<code>${id}</code>`],
    ['Provider', `${provider} · ${account}`],
    ...maybe('Model', model),
    ...maybe('Batch', batch === null ? null : html`<a href="${batchPath(batch)}">${batch}</a>`),
    ['Created', time(createdAt)],
    ...maybe('Submitted', at(submittedAt)),
    ...maybe('Finished', at(finishedAt)),
    ...maybe('Took', submittedAt === undefined || finishedAt === undefined ? null : `${duration(finishedAt - submittedAt)} from accepted to the end`),
    ...maybe('Cost', cost === undefined ? null : `${amountText(cost)} (${cost.basis})`),
    ['Attempts', `${attempts} that were or may have been accepted · round ${round}`],
    ['Priority', String(priority)],
    ...maybe('Upstream task', taskKey === undefined ? null : html`<code>${taskKey}</code>`),
    ...maybe('Client id', clientId === undefined ? null : html`<code>${clientId}</code>`),
    ...maybe('Looks at it', polls === 0 ? null : html`${polls}${lastPolledAt === undefined ? null : html`, the last ${time(lastPolledAt, 'ago')}`}`),
    ...maybe('Deadline', at(deadlineAt)),
    ...(ambiguity === undefined || isSettled(generation) ? [] : ambiguityFacts(ambiguity)),
    ...strays.map((stray): [string, Content] => ['Stray task', strayText(stray)]),
    ...maybe('Asked for by', createdBy === undefined ? null : `the API key ${createdBy}`),
    ...maybe('Webhook', webhook === undefined ? null : linkWithoutQuery(webhook)),
    ...maybe('Files removed', at(filesRemovedAt)),
    ...maybe('Folder', folder),
    ...maybe('Metadata', metadata === null ? null : html`<code>${JSON.stringify(redactValue(metadata))}</code>`),
  ]);
}

/** With a known task it is certain that the submit got through, and the timeline tells the rest. */
function isSettled({ state, taskKey }: Generation): boolean {
  return taskKey !== undefined && state !== 'ambiguous' && state !== 'unresolved';
}

function strayText({ taskKey, round, outcome, endedAt }: Stray): Html {
  const end = endedAt === undefined ? null : html`, ended ${time(endedAt)}`;
  return html`<code>${taskKey}</code> of round ${round}: ${outcome ?? 'may still run'}${end}. It was paid and came too late to be this one's own.`;
}

function job({ queue, id, logs }: KeptJob): Html {
  const lines = logs.map((line) => `${redactText(line)}\n`);
  const log = lines.length === 0 ? null : html`<pre tabindex="0" aria-label="Log of ${id}">${lines}</pre>`;
  return html`<li><a href="${jobPath(queue, id)}">${queue} ${id}</a>${log}</li>`;
}

function requestOf(generation: Generation): string {
  const { model, prompt, image, params } = publicGeneration(generation);
  return JSON.stringify(hideSecretsIn({ model, prompt, image, params }), null, 2);
}

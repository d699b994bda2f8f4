/** The list of batches, and the page of one: progress, estimate, its generations by state. */
import { batchIds, batchNames, batchTotal, type Batch, type Desk, readBatch, readGenerations, search, type LedgerFollower } from '@dailies/queue';
import { Router } from 'express';
import { generationTable } from '../generations/generation-table.ts';
import { answerNotFound, type ShowPage } from '../http/answer.ts';
import { textOf } from '../http/form.ts';
import { downloadWaitLines } from '../html/download-waits.ts';
import { html, type Html } from '../html/html.ts';
import { liveCount } from '../html/live-count.ts';
import { stateCounts } from '../html/state-counts.ts';
import { facts, number, spentFact, time } from '../html/words.ts';
import { levelOf, readingNotice } from '../live/ledger-level.ts';
import type { Snapshot, Snapshots } from '../overview/snapshot.ts';
import { batchTable, left, outcome, progress } from './batch-table.ts';

const PAGE_SIZE = 40;
const SHOWN = 25;

interface Parts {
  desk: Desk;
  follower: LedgerFollower;
  snapshots: Snapshots;
  show: ShowPage;
}

export function batchRoutes({ desk: { store }, follower, snapshots, show }: Parts): Router {
  const router = Router();

  router.get('/', async (request, response) => {
    const from = Math.max(0, Math.trunc(Number(textOf(request.query['from'])) || 0));
    const [names, total] = await Promise.all([batchNames(store, from, from + PAGE_SIZE - 1), batchTotal(store)]);
    const batches = (await Promise.all(names.map((name) => readBatch(store, name)))).filter((batch) => batch !== null);
    const newer = from === 0 ? null : html`<a class="button" href="/batches?from=${Math.max(0, from - PAGE_SIZE)}">Newer</a>`;
    const older = from + PAGE_SIZE >= total ? null : html`<a class="button" href="/batches?from=${from + PAGE_SIZE}">Older</a>`;
    const main = html`<h1>Batches</h1><p>${liveCount(`${number(total)} ${total === 1 ? 'batch' : 'batches'}`)}</p><div data-part="batches" id="batches-list">
${batches.length === 0 ? html`<p class="empty">There are no batches yet.</p>` : batchTable(batches, await snapshots.current())}
<p class="pager">${newer} ${older}</p></div>`;
    show(request, response, { title: 'Batches', main, live: '*' });
  });

  router.get('/:name', async (request, response) => {
    const { name } = request.params;
    const batch = await readBatch(store, name);
    if (batch === null) return answerNotFound(request, response, `There is no batch ${name}.`);
    const failed = search(follower.catalogue, { batch: name, states: ['failed', 'unresolved', 'overdue'] }, { size: SHOWN });
    const ids = failed.total > 0 ? failed.ids : (await batchIds(store, name, -SHOWN)).toReversed();
    const generations = (await readGenerations(store, ids)).filter((one) => one !== null);
    const main = html`<h1 class="title">${name}</h1>
<div data-part="head" id="head">${head(batch, await snapshots.current())}</div>
<div data-part="found" id="found">${readingNotice(levelOf(follower), 'What went wrong before is not searched yet.')}
<h2>${failed.total > 0 ? 'What went wrong' : 'The last of them'}</h2>${generationTable(generations, true)}
<p class="pager"><a class="button" href="/generations?batch=${encodeURIComponent(name)}">All ${number(batch.total)}, to search and act on</a></p></div>`;
    show(request, response, { title: name, main, live: `batch:${name}` });
  });
  return router;
}

function head(batch: Batch, snapshot: Snapshot): Html {
  const { name, counts, createdAt, finishedAt, attended, folder, spend } = batch;
  const held = snapshot.providers.reduce((sum, one) => sum + (one.held.byBatch.get(name) ?? 0), 0);
  return html`<p class="lead">${progress(batch)}</p>
${counts.downloading === 0 ? null : downloadWaitLines(snapshot.downloadsWait)}
${stateCounts('Generations by state', counts, { batch: name })}
${facts([
  ['Left', left(batch, snapshot)],
  ...(held === 0 ? [] : [['Held', html`<a href="/generations?batch=${encodeURIComponent(name)}">${number(held)}</a>: the reason stands beside each`] as const]),
  ['Outcome', outcome(batch)],
  ...spentFact(spend),
  ['Created', time(createdAt)],
  ...(finishedAt === null ? [] : [['Finished', time(finishedAt)] as const]),
  ['Attended', attended ? 'yes: it submits only while a run or watch of it is alive' : 'no'],
  ...(folder === null ? [] : [['Folder', folder] as const]),
])}`;
}

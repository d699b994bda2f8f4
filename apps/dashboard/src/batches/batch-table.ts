/** Batches in a table: their progress, their outcome, and when the rest may be done. */
import { type Batch, MOVING, timeLeft } from '@dailies/queue';
import { html, type Content, type Html } from '../html/html.ts';
import { listTable } from '../html/list-table.ts';
import { batchPath, duration, number, time } from '../html/words.ts';
import type { Snapshot } from '../overview/snapshot.ts';

const HEADS = ['Batch', 'Progress', 'Outcome', 'Left', 'Created'];

export function batchTable(batches: readonly Batch[], snapshot: Snapshot): Html {
  const rows = batches.map((batch) => [
    html`<a href="${batchPath(batch.name)}">${batch.name}</a>`,
    progress(batch),
    outcome(batch),
    left(batch, snapshot),
    time(batch.createdAt, 'ago'),
  ]);
  return listTable(HEADS, rows);
}

export function progress({ name, total, counts }: Batch): Html {
  const moving = MOVING.reduce((sum, state) => sum + counts[state], 0);
  const ended = total - moving;
  const bar = html`<progress max="${Math.max(1, total)}" value="${ended}" aria-label="Progress of ${name}">${ended} of ${total}</progress>`;
  return html`${bar} ${number(ended)}\u00a0of\u00a0${number(total)}`;
}

export function outcome({ counts }: Batch): Content {
  const words = (['succeeded', 'failed', 'canceled', 'unresolved', 'overdue'] as const).filter((state) => counts[state] > 0);
  return words.length === 0 ? '–' : words.map((state) => html`<span class="badge s-${state}">${number(counts[state])} ${state}</span> `);
}

export function left(batch: Batch, snapshot: Snapshot): Content {
  const moving = MOVING.reduce((sum, state) => sum + batch.counts[state], 0);
  if (moving === 0) return batch.finishedAt === null ? 'nothing moves' : html`finished ${time(batch.finishedAt, 'ago')}`;
  const waits = waitsOf(batch.name, snapshot);
  if (waits.length > 0) return `waits: ${waits.join(', ')}`;
  const milliseconds = timeLeft(snapshot.loads, batch.name, snapshot.figures, snapshot.slots);
  return milliseconds === null ? 'not known yet: no video in the last day' : `about ${duration(milliseconds)}`;
}

/** Why some of a batch stands still, so that nobody can say when it ends. */
function waitsOf(batch: string, { loads, providers, workers }: Snapshot): string[] {
  if (workers?.every(({ isSilent }) => isSilent)) return ['no worker lives'];
  return providers.flatMap(({ provider: { name }, accounts, held, unansweredSince, hasFewReplicas }) => {
    const { queued, underWay, atUpstream } = loads.get(batch)?.get(name) ?? { queued: 0, underWay: 0, atUpstream: 0 };
    if (queued + underWay === 0) return [];
    if (accounts.some(({ pauses }) => pauses.some(({ polls }) => queued > 0 || (polls && atUpstream > 0)))) return [`${name} paused`];
    const stopped = held.byBatch.get(batch) ?? 0;
    if (stopped > 0) return [`${number(stopped)} of ${name} held`];
    const isSilent = unansweredSince !== null && queued + atUpstream > 0;
    if (isSilent || (queued > 0 && accounts.some(({ learned }) => learned.openSince !== null))) return [`${name} does not answer`];
    return queued > 0 && hasFewReplicas ? [`${name} (too few replicas of Redis follow)`] : [];
  });
}

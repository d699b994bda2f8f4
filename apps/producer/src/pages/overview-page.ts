/** `dailies status` for people: providers and batches as tables, and between them whatever holds something up, with what helps. Pure. */
import { amountText, pauseRemedy, STATES, type State } from '@dailies/queue';
import type { Overview, ProviderOverview } from '../overview.ts';
import { printable } from '../printable.ts';
import { downloadWaitsText } from './download-waits-text.ts';
import { heldWorkText } from './held-work-text.ts';
import { submitWaitsText } from './submit-waits-text.ts';
import { table } from './table.ts';

/** States that the tables always have a column for; the others only where there is one in them. */
const ALWAYS: readonly State[] = ['queued', 'rendering', 'succeeded', 'failed'];

export function overviewPage(overview: Overview, suffix: string): string {
  const { shardsWait, providers, batches, downloadsWait } = overview;
  const shown = STATES.filter((state) => ALWAYS.includes(state) || providers.some((one) => one.counts[state] > 0));
  const lines = [
    ...shardsWait.map(({ text }) => `${text}\n`),
    providerTable(overview, shown),
    ...providers.flatMap((provider) => hindranceLines(provider, suffix)),
    downloadWaitsText(downloadsWait),
    ...providers.flatMap(spendLines),
  ];
  if (batches.length > 0) {
    const rows = batches.map(({ batch, total, counts }) => [batch, total, ...shown.map((state) => counts[state])]);
    lines.push('\n', table(['batch', 'total', ...shown], rows));
  }
  return lines.join('');
}

function providerTable({ shardsWait, providers }: Overview, shown: readonly State[]): string {
  const missing = new Set(shardsWait.filter((wait) => wait.missing).flatMap((wait) => wait.providers));
  const rows = providers.map(({ name, counts, account }) => {
    const cells = shown.map((state) => (missing.has(name) ? '?' : counts[state]));
    return [name, ...cells, account ?? 'no key'];
  });
  return table(['provider', ...shown, 'account'], rows);
}

function hindranceLines({ name, pauses, held, waits, unansweredSince }: ProviderOverview, suffix: string): string[] {
  const lines = pauses.map(({ scope, reason, kind, since, polls }) => {
    const remedy = pauseRemedy({ kind, scope }, name, suffix);
    return `${name} is paused${polls ? ', polls too,' : ''} since ${since}: ${printable(reason)}. ${remedy}\n`;
  });
  const unanswered =
    unansweredSince === null
      ? ''
      : `${name} gives no usable answer to polls since ${unansweredSince}: the upstream, or the way to it. ` +
        'Nothing fails because of it, the videos come later.\n';
  return [...lines, submitWaitsText(waits), unanswered, heldWorkText(held)];
}

function spendLines({ name, spend }: ProviderOverview): string[] {
  return spend.map((one) => `${name} is estimated to have cost ${amountText(one)} (${printable(one.model)})\n`);
}

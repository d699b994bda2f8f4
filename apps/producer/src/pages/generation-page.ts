/** One generation for people, with its history and, where it waits for one, what a person can do. Pure. */
import { amountText, failureText, ID_USED, pauseRemedy, type PublicDelivery, type PublicGeneration } from '@dailies/queue';
import { fileIn } from '@dailies/results';
import type { ShownPause } from '../overview.ts';
import { printable } from '../printable.ts';
import { deliveriesText } from './deliveries-text.ts';

/** A generation, with what is known beside its record. */
type Shown = PublicGeneration & { account?: string; pauses?: ShownPause[]; deliveries?: PublicDelivery[] };

interface Beside {
  folder?: string | undefined;
  /** What is said of files that are not in the folder, by their names. */
  where?: ReadonlyMap<string, string> | undefined;
  /** Why a retry would do nothing. */
  noRetry?: string | undefined;
}

export function generationPage(generation: Shown, { folder, where, noRetry }: Beside, suffix: string): string {
  const { id, provider, model, prompt, batch, task, attempts, round, progress, failure, videos, ambiguity, filesRemovedAt, estimatedCost } = generation;
  const facts: [string, string | null | undefined][] = [
    ['id', id],
    ['state', stateText(generation)],
    ...(generation.pauses ?? []).map((pause): [string, string] => ['paused', pauseText(pause, provider, suffix)]),
    ['provider', `${provider}${model === null ? '' : `, ${model}`}`],
    ['account', generation.account],
    ['prompt', prompt === null ? null : printable(prompt, 500)],
    ['params', Object.keys(generation.params).length === 0 ? null : printable(JSON.stringify(generation.params), 500)],
    ['batch', batch],
    ['task', task === undefined ? null : printable(task.id)],
    ['submits', `${attempts}${round > 1 ? ` (round ${round})` : ''}`],
    [
      'progress',
      progress === undefined ? null : printable([progress.phase, progress.percent === undefined ? null : `${progress.percent} %`].filter(Boolean).join(', ')),
    ],
    ...videos.map(({ file, url }): [string, string] => [
      'video',
      file === undefined || folder === undefined ? printable(url) : `${fileIn(folder, file)}${where?.get(file) ?? ''}`,
    ]),
    ['files', filesRemovedAt === undefined ? null : `removed by retention at ${filesRemovedAt}`],
    ['cost', estimatedCost === undefined ? null : `${amountText(estimatedCost)} (${estimatedCost.basis})`],
    ['failure', failure === undefined ? null : printable(failureText(failure), 500)],
    ...(generation.strays ?? []).map(({ task: { id: stray }, outcome }): [string, string] => [
      'second task',
      printable(`${stray}, paid and not collected: ${outcome ?? 'may still run'}`),
    ]),
    ['webhook', generation.webhook === undefined ? null : printable(generation.webhook)],
    ['ambiguous', ambiguity === undefined || isSettled(generation) ? null : printable(`${sending(ambiguity)}; ${ambiguity.why}`, 500)],
    ['what helps', remedy(generation, noRetry, suffix)],
  ];
  const lines = facts.flatMap(([name, text]) => (text == null || text === '' ? [] : [`${name.padEnd(11)} ${text}`]));
  const history = generation.history.map(({ at, state: then, note, times }) => {
    const often = times === undefined ? '' : ` (${times} times)`;
    return `  ${at}  ${then.padEnd(11)}${note === undefined ? '' : ` ${printable(note)}`}${often}`.trimEnd();
  });
  return `${[...lines, 'history', ...history].join('\n')}\n${deliveriesText(generation.deliveries ?? [])}`;
}

function stateText({ state, held, cancelRequested, unwanted }: Shown): string {
  const wish = cancelRequested === true ? ', cancel requested' : '';
  return `${state}${held === undefined ? '' : ` (held: ${printable(held)})`}${wish}${unwanted === true ? ', unwanted' : ''}`;
}

function pauseText({ scope, kind, since, reason }: ShownPause, provider: string, suffix: string): string {
  return `since ${since}: ${printable(reason)}. ${pauseRemedy({ kind, scope }, provider, suffix)}`;
}

/** With a known task it is certain that the submit got through, and the history tells the rest. */
function isSettled({ state, task }: PublicGeneration): boolean {
  return task !== undefined && state !== 'ambiguous' && state !== 'unresolved';
}

function sending({ sentAt, until }: NonNullable<PublicGeneration['ambiguity']>): string {
  return until === undefined ? `sent ${sentAt}` : `sent between ${sentAt} and ${until}, if at all`;
}

function remedy({ id, state, held, cancelRequested, filesRemovedAt, failure }: PublicGeneration, noRetry: string | undefined, suffix: string): string | null {
  if (state === 'succeeded' && filesRemovedAt !== undefined) return `dailies retry ${id}${suffix} fetches it again, free, while the upstream still has it`;
  if (state === 'unresolved') return `dailies resolve ${id} --task TASK | --resubmit (may pay twice) | --abandon${suffix}`;
  if (cancelRequested === true) return 'nothing: that is decided as soon as the outcome of its submit is known, and it may be billed';
  if ((state === 'failed' || state === 'canceled') && noRetry !== undefined) return noRetry;
  if (failure?.kind === ID_USED) return `dailies retry ${id}${suffix} | dailies resolve ${id} --task TASK${suffix}`;
  if (state === 'overdue' || state === 'failed' || state === 'canceled') return `dailies retry ${id}${suffix}`;
  if (held === 'unattended') return 'run its file again, or watch its batch';
  if (held === 'origin') return `start a worker with the key and address of its account, or dailies cancel ${id}${suffix}`;
  if (held === 'offered') {
    return `nothing: it goes on by itself once the upstream has answered for the task that a callback has named; dailies cancel ${id}${suffix} gives it up`;
  }
  return held === 'dropped' ? `run a file that has it, or dailies cancel ${id}${suffix}` : null;
}

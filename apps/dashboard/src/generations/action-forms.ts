/**
 * What a person may do to one generation that needs no answer of theirs, each with what it would do, by the rules of `planRetry`, `cancelGeneration` and
 * `resolveGeneration`.
 */
import {
  type Generation, hasMaybeBilledSubmit, hasWaitingCancel, isLedgerHeld, LONGEST_TASK_ID, mayTakeAnotherTask, mayTakeOlderTask, type Pause, planRetry,
  type State, wordsOn,
} from '@dailies/queue';
import type { Request } from 'express';
import { html, type Content, type Html } from '../html/html.ts';
import { token } from '../html/page.ts';
import { generationPath } from '../html/words.ts';

interface Circumstances {
  /** Those that keep it from moving. */
  pauses: readonly Pause[];
  /** Names of the files that this machine can show. */
  local: ReadonlySet<string>;
}

export function actionForms(request: Request, generation: Generation, { pauses, local }: Circumstances): Html | null {
  const isOlderCopy = isLedgerHeld(pauses);
  const plain = [taskForm, takeBackForm].map((form) => form(request, generation));
  const forms = [retryForm(request, generation, local), ...plain, cancelForm(request, generation, isOlderCopy)].filter((form) => form !== null);
  return forms.length === 0 ? null : html`<div class="actions">${forms}</div>`;
}

const RETRY = {
  submit: ['Submit again', 'A new round: may be paid again.'],
  poll: ['Look again', 'Asks the upstream for the task it has. Pays nothing.'],
  fetch: ['Fetch again', 'The video is paid and ready. Pays nothing.'],
  verify: ['Fetch again', 'Looks at each file first: only what is gone or damaged is fetched. Pays nothing.'],
} as const;

function retryForm(request: Request, generation: Generation, local: ReadonlySet<string>): Html | null {
  const { what } = planRetry(generation);
  if (what === 'nothing' || what === 'person') return null;
  const { id, seq, files = [] } = generation;
  if (what === 'verify' && files.every(({ file }) => local.has(file))) return null;
  const [name, words] = RETRY[what];
  return act(request, { path: `${generationPath(id)}/retry`, name, words, seen: { seq }, fields: what === 'submit' ? agreement() : null });
}

/** The word of `resolve` on a task that was given by it, or for whose sake the upstream has refused the id. */
function taskForm(request: Request, generation: Generation): Html | null {
  const words = wordsOfTask(generation);
  if (words === null) return null;
  const { id, seq } = generation;
  return act(request, {
    path: `${generationPath(id)}/resolve`,
    ...words,
    seen: { what: 'task', seq },
    fields: html`<label>Its task id <input name="task" required maxlength="${LONGEST_TASK_ID}" autocomplete="off"></label>`,
  });
}

/** What else `resolve` takes of a task that was given by it: given up, and then sent again, where `retry` would only look for that task once more. */
function takeBackForm(request: Request, generation: Generation): Html | null {
  const { id, state, seq } = generation;
  if (state === 'unresolved') return null;
  const answers = wordsOn(generation);
  const path = `${generationPath(id)}/resolve`;
  if (answers.includes('abandon')) {
    const words = 'It fails as abandoned, and its slot is free. The upstream may still bill it.';
    return act(request, { path, name: 'Give it up', words, seen: { what: 'abandon', seq } });
  }
  if (!answers.includes('resubmit') || planRetry(generation).what === 'submit') return null;
  const fields = agreement('I looked: it may be paid twice if I am wrong');
  const words = 'A new round: pays, and pays twice if it was accepted after all.';
  return act(request, { path, name: 'Submit again', words, seen: { what: 'resubmit', seq }, fields });
}

function wordsOfTask(generation: Generation): { name: string; words: string } | null {
  if (mayTakeOlderTask(generation)) return { name: 'Adopt the older task', words: 'Should it be of the same prompt. Pays nothing: its video is fetched.' };
  if (!mayTakeAnotherTask(generation)) return null;
  const words = `A person gave it ${generation.taskKey}, which may be mistyped. Pays nothing: the other one is polled in its place.`;
  return { name: 'Adopt another task', words };
}

const CANCEL: Partial<Record<State, string>> = {
  submitting: 'It is being submitted: it may be billed. Decided when the outcome is known.',
  ambiguous: 'Nobody knows yet whether it was accepted: it may be billed.',
  rendering: 'The upstream works on it: it will be billed.',
  overdue: 'The upstream works on it: it will be billed.',
};

function cancelForm(request: Request, generation: Generation, isOlderCopy: boolean): Html | null {
  const { id, state, seq, unwanted } = generation;
  // Once more would change nothing, unless it is to be collected. What is queued or rendering already is canceled at once.
  if (hasWaitingCancel(generation) && unwanted !== true && (state === 'submitting' || state === 'ambiguous')) return null;
  const words = state === 'queued' ? wordsOfQueued(generation, isOlderCopy) : CANCEL[state];
  return words === undefined ? null : act(request, { path: `${generationPath(id)}/cancel`, name: 'Cancel', words, seen: { state, seq } });
}

function wordsOfQueued(generation: Generation, isOlderCopy: boolean): string {
  if (isOlderCopy) return 'This Redis was rolled back: it may have been submitted in the time that is gone, and be billed.';
  return hasMaybeBilledSubmit(generation) ? 'Nothing more is paid, but an earlier submit may be billed.' : 'Nothing was submitted: nothing is paid.';
}

/** Asks the person to confirm a new payment. */
export function agreement(words = 'I know that this may be paid again'): Html {
  return html`<label class="check"><input type="checkbox" name="agree" value="1" required> ${words}</label>`;
}

interface ActionForm {
  path: string;
  name: string;
  /** What the action would do, and what that costs. */
  words: string;
  /** Facts of the generation as the page shows them. The action is refused when they have changed. */
  seen: Record<string, string | number>;
  fields?: Content;
}

function act(request: Request, { path, name, words, seen, fields }: ActionForm): Html {
  const hidden = Object.entries(seen).map(([field, value]) => html`<input type="hidden" name="${field}" value="${value}">`);
  const form = html`<form method="post" action="${path}">${token(request)}${hidden}${fields}<p>${words}</p><button>${name}</button></form>`;
  return html`<details class="act"><summary>${name}…</summary>${form}</details>`;
}

/**
 * The states of a generation and the only arrows between them (docs/lifecycle.md draws the same ones; a test holds the two together).
 * Nothing here touches Redis: the transition script receives `from` and `to` and these tables say which pairs may ever be asked for.
 */
export const STATES = [
  'queued',
  'submitting',
  'ambiguous',
  'unresolved',
  'rendering',
  'overdue',
  'downloading',
  'succeeded',
  'failed',
  'canceled',
] as const;

export type State = (typeof STATES)[number];

export const ARROWS: Record<State, readonly State[]> = {
  queued: ['submitting', 'canceled', 'failed', 'ambiguous'],
  submitting: ['rendering', 'downloading', 'queued', 'failed', 'ambiguous', 'canceled'],
  ambiguous: ['rendering', 'queued', 'unresolved', 'failed'],
  unresolved: ['rendering', 'queued', 'failed'],
  rendering: ['downloading', 'failed', 'overdue', 'canceled', 'queued'],
  overdue: ['rendering', 'downloading', 'failed', 'canceled', 'queued'],
  downloading: ['succeeded', 'failed'],
  succeeded: ['downloading'],
  failed: ['queued', 'rendering', 'downloading'],
  canceled: ['queued', 'rendering'],
};

/** The end of a round: only a person's retry leaves these. */
export const TERMINAL: readonly State[] = ['succeeded', 'failed', 'canceled'];

/** What still moves by itself. A batch is finished when none of its generations is in one of these. */
export const MOVING: readonly State[] = ['queued', 'submitting', 'ambiguous', 'rendering', 'downloading'];

/** States from which it may be queued again by itself, once it is known not to be paid. */
export const MAY_QUEUE_AGAIN: readonly State[] = STATES.filter((state) => ARROWS[state].includes('queued') && !TERMINAL.includes(state));

/** States that hold a slot although nobody knows whether, or until when, the upstream counts the task. */
export const DOUBTFUL: readonly State[] = ['ambiguous', 'unresolved', 'overdue'];

/** States of whose arrival a webhook tells: ends, and what asks for a person. */
export const TOLD = ['succeeded', 'failed', 'canceled', 'unresolved', 'overdue'] as const satisfies readonly State[];

export function isTerminal(state: State): boolean {
  return TERMINAL.includes(state);
}

/** What a transition does to the account's slot. `keep`: upstreams still count the task. */
export function slotChange(to: State, keepsTask: boolean): 'take' | 'free' | 'keep' {
  if (to === 'submitting' || to === 'rendering') return 'take';
  if (to === 'ambiguous' || to === 'unresolved' || to === 'overdue') return 'keep';
  return to === 'canceled' && keepsTask ? 'keep' : 'free';
}

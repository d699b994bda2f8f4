import { expect, test } from 'vitest';
import { ARROWS, isTerminal, STATES } from './states.ts';

test('nothing automatic leads from a paid state back to a submit', () => {
  for (const state of ['rendering', 'overdue', 'downloading'] as const) expect(ARROWS[state]).not.toContain('submitting');
  expect(ARROWS.downloading).not.toContain('queued');
  // From these only with the upstream's word that nothing was billed: transition.test.ts.
});

test('every state can be reached, and every one that is not terminal can be left', () => {
  const reachable = new Set(Object.values(ARROWS).flat());
  expect(STATES.filter((state) => !reachable.has(state))).toEqual([]);
  expect(STATES.filter((state) => !isTerminal(state) && ARROWS[state].length === 0)).toEqual([]);
});

import { expect, test } from 'vitest';
import { ARROWS, isTerminal, STATES } from './states.ts';

test('nothing automatic leads from a paid state back to a submit', () => {
  for (const state of ['rendering', 'overdue', 'downloading'] as const) {
    expect(ARROWS[state]).not.toContain('queued');
    expect(ARROWS[state]).not.toContain('submitting');
  }
});

test('every state can be reached, and every one that is not terminal can be left', () => {
  const reachable = new Set(Object.values(ARROWS).flat());
  expect(STATES.filter((state) => !reachable.has(state))).toEqual([]);
  expect(STATES.filter((state) => !isTerminal(state) && ARROWS[state].length === 0)).toEqual([]);
});

import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { ARROWS, STATES } from '@dailies/queue';

test('the diagram of docs/lifecycle.md has exactly the arrows of the code', async () => {
  const text = await readFile(new URL('../../docs/lifecycle.md', import.meta.url), 'utf8');
  const drawn = [...text.matchAll(/^\s*(\w+) --> (\w+):/gm)].map(([, from, to]) => `${from} → ${to}`);
  const coded = STATES.flatMap((from) => ARROWS[from].map((to) => `${from} → ${to}`));
  expect(drawn.toSorted()).toEqual(coded.toSorted());
});

import { execFileSync } from 'node:child_process';
import type { Generation } from '@dailies/queue';
import { expect, it } from 'vitest';
import { curlOf } from './curl.ts';

it('says the same request to a shell, whatever is in the prompt, without what signs a link', () => {
  const ask = {
    prompt: `it's "$HOME" \`id\` \\ and\na new line`,
    image: 'https://host/a.png?X-Signature=SECRET',
    params: { tail: 'https://host/b.png?sig=SECRET', n: 2 },
  };
  const generation: Generation = {
    id: 'g1', state: 'succeeded', seq: 1, round: 1, attempts: 1, provider: 'luma', account: 'a', batch: null, lane: '', priority: 2, turn: 1, ask,
    request: {},
    metadata: { shot: 7 },
    createdAt: 0,
    pausedBase: 0,
    polls: 0,
    history: [],
  };
  // The shell itself says what curl would be given.
  const said = execFileSync('sh', ['-c', `curl() { for word; do :; done; printf %s "$word"; }\n${curlOf(generation)}`], { encoding: 'utf8' });
  expect(JSON.parse(said)).toEqual({
    provider: 'luma',
    prompt: ask.prompt,
    image: 'https://host/a.png',
    params: { tail: 'https://host/b.png', n: 2 },
    priority: 2,
    metadata: { shot: 7 },
  });
});

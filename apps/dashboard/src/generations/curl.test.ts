import { execFileSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { recordedGeneration } from '../../../../test/support/recorded-generation.ts';
import { curlOf } from './curl.ts';

it('says the same request to a shell, whatever is in the prompt, without what signs a link', () => {
  const ask = {
    prompt: `it's "$HOME" \`id\` \\ and\na new line`,
    image: 'https://host/a.png?X-Signature=SECRET',
    params: { tail: 'https://host/b.png?sig=SECRET', n: 2 },
  };
  const generation = recordedGeneration('g1', { provider: 'luma', batch: null, priority: 2, ask, metadata: { shot: 7 } });
  // The shell itself says what curl would be given.
  const shell = (curl: string): string =>
    execFileSync('sh', ['-c', `curl() { ${curl}; }\n${curlOf(generation)}`], { encoding: 'utf8', env: { ...process.env, DAILIES_KEY: 'the-key' } });
  expect(shell('echo "$5"')).toBe('Authorization: Bearer the-key\n');
  expect(JSON.parse(shell('for word; do :; done; printf %s "$word"'))).toEqual({
    provider: 'luma',
    prompt: ask.prompt,
    image: 'https://host/a.png',
    params: { tail: 'https://host/b.png', n: 2 },
    priority: 2,
    metadata: { shot: 7 },
  });
});

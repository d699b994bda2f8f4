import { readFileSync } from 'node:fs';
import path from 'node:path';
import { PROVIDERS } from '@dailies/providers';
import { describe, expect, test } from 'vitest';
import { readPromptFile } from './read-prompt-file.ts';

const EXAMPLES = path.resolve(import.meta.dirname, '../../../../examples');

async function read(name: string, provider?: string, params: string[] = []) {
  return await readPromptFile({ path: path.join(EXAMPLES, name) }, { batch: 'examples', provider, params, configured: () => ({ account: 'a' }) });
}

describe('the example', () => {
  test('prompts.jsonl asks all five providers for at least 24 videos, of text and of images', async () => {
    const { items, faults } = await read('prompts.jsonl');
    expect(faults).toEqual([]);
    expect(items.length).toBeGreaterThanOrEqual(24);
    expect(new Set(items.map(({ generation }) => generation.provider))).toEqual(new Set(Object.keys(PROVIDERS)));
    expect(items.some(({ images }) => images.length > 0)).toBe(true);
    expect(items.some(({ generation }) => generation.ask.image?.startsWith('https://'))).toBe(true);
  });

  test.each(Object.keys(PROVIDERS))('prompts.txt is good for %s', async (provider) => {
    const { items, faults } = await read('prompts.txt', provider);
    expect(faults).toEqual([]);
    expect(items).toHaveLength(10);
  });

  test('prompts.csv is good', async () => {
    expect((await read('prompts.csv')).faults).toEqual([]);
  });

  test.each(taught())('command `dailies run %s --provider %s` of the help and the pages has parameters that it takes', async (_file, provider, rest) => {
    const params = [...rest.matchAll(/--param (\S+)/g)].map(([, param = '']) => param);
    expect((await read('prompts.txt', provider, params)).faults).toEqual([]);
  });

  test('page names every file that is there', () => {
    const page = readFileSync(path.join(EXAMPLES, 'README.md'), 'utf8');
    for (const name of ['prompts.jsonl', 'prompts.txt', 'prompts.csv', 'images/']) expect(page).toContain(`| \`${name}\` |`);
  });
});

/** Every `dailies run FILE.txt --provider NAME …` that people are taught to type. */
function taught(): [file: string, provider: string, rest: string][] {
  const pages = ['../apps/producer/src/help-texts.ts', '../README.md', 'README.md'].map((name) => readFileSync(path.join(EXAMPLES, name), 'utf8'));
  return pages.flatMap((page) => [...page.matchAll(/dailies run (\S+\.txt) --provider (\w+)(.*)/g)]).map(([, file = '', provider = '', rest = '']) => [file, provider, rest]);
}

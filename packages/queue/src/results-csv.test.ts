import { parse } from 'csv-parse/sync';
import { expect, test } from 'vitest';
import type { PublicGeneration } from './public-generation.ts';
import { CSV_COLUMNS, csvHead, csvLines } from './results-csv.ts';

const generation: PublicGeneration = {
  id: 'g1', state: 'succeeded', provider: 'luma', model: null, prompt: 'a "cat",\nasleep ', params: { seed: 7, style: 'a, "b"' }, batch: 'cats', priority: 1, round: 1,
  metadata: null, attempts: 1, createdAt: '2025-01-01T00:00:00.000Z', videos: [], history: [{ at: '2025-01-01T00:00:00.000Z', state: 'queued' }],
};

function read(text: string): Record<string, string>[] {
  return parse(csvHead() + text, { columns: true });
}

test('a prompt with quotes, commas and line ends comes back as it was', () => {
  expect(read(csvLines(generation))).toMatchObject([{ id: 'g1', prompt: 'a "cat",\nasleep ', model: '', metadata: '', file: '', videoNumber: '' }]);
  for (const prompt of ['lone\rreturn', 'lone\nfeed', ' led by a space', '"', ',', 'tränen 🎬 \u2028']) expect(read(csvLines({ ...generation, prompt }))[0]?.['prompt']).toBe(prompt);
});

test('every line ends as RFC 4180 says, and has every column', () => {
  const text = csvHead() + csvLines(generation);
  expect(text.endsWith('\r\n')).toBe(true);
  expect(parse(text)).toEqual([[...CSV_COLUMNS], expect.objectContaining({ length: CSV_COLUMNS.length })]);
});

test('every video of a generation has a line, and each line tells everything', () => {
  const videos = [{ url: 'https://a/1.mp4?sig=secret', file: 'g1.mp4', bytes: 5 }, { url: 'https://a/2.mp4', file: 'g1.1.mp4', bytes: 6, thumbnailUrl: 'g1.2.jpg' }];
  const lines = read(csvLines({ ...generation, videos }));
  expect(lines.map(({ id, videoNumber, file, bytes, url, thumbnail }) => [id, videoNumber, file, bytes, url, thumbnail])).toEqual([
    ['g1', '1', 'g1.mp4', '5', 'https://a/1.mp4', ''],
    ['g1', '2', 'g1.1.mp4', '6', 'https://a/2.mp4', 'g1.2.jpg'],
  ]);
  expect(lines.map(({ params }) => JSON.parse(params ?? '') as unknown)).toEqual([generation.params, generation.params]);
});

test('the reason of a failure is in it', () => {
  const failed = { ...generation, failure: { kind: 'moderated', message: 'Risk control', retryable: false } };
  expect(read(csvLines(failed))).toMatchObject([{ failureKind: 'moderated', failureMessage: 'Risk control', failureRetryable: 'false', failureCode: '' }]);
});

test('no prompt begins like a formula, and taking one apostrophe away gives back every prompt exactly', () => {
  const prompts = ['=HYPERLINK("http://a.test";"x")', '+1', '-2 people', '@SUM(A1)', '\t=1', '\r=1', ' =1', "'=1", "'quoted' fox", '＝1', 'plain - fox'];
  for (const prompt of prompts) {
    const got = read(csvLines({ ...generation, prompt }))[0]?.['prompt'] ?? '';
    expect(got, prompt).not.toMatch(/^\s*[=+\-@＝]/);
    expect(got.replace(/^'/, ''), prompt).toBe(prompt);
  }
});

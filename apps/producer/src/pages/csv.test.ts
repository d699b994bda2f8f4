import { parse } from 'csv-parse/sync';
import type { PublicGeneration } from '@dailies/queue';
import { expect, test } from 'vitest';
import { CSV_HEAD, csvLines } from './csv.ts';

const generation: PublicGeneration = {
  id: 'g1', state: 'succeeded', provider: 'luma', model: null, prompt: 'a "cat",\nasleep ', params: {}, batch: 'cats', priority: 1, round: 1,
  metadata: null, attempts: 1, createdAt: '2025-01-01T00:00:00.000Z', videos: [], history: [],
};

function read(text: string): Record<string, string>[] {
  return parse(CSV_HEAD + text, { columns: true });
}

test('a prompt with quotes, commas and line ends comes back as it was', () => {
  expect(read(csvLines(generation))).toMatchObject([{ id: 'g1', prompt: 'a "cat",\nasleep ', model: '', file: '' }]);
});

test('every video of a generation has a line', () => {
  const videos = [{ url: 'https://a/1.mp4', file: 'g1.mp4', bytes: 5 }, { url: 'https://a/2.mp4', file: 'g1.1.mp4', bytes: 6 }];
  expect(read(csvLines({ ...generation, videos })).map(({ id, file, bytes }) => ({ id, file, bytes }))).toEqual([
    { id: 'g1', file: 'g1.mp4', bytes: '5' },
    { id: 'g1', file: 'g1.1.mp4', bytes: '6' },
  ]);
});

test('the reason of a failure is in it', () => {
  const failed = { ...generation, failure: { kind: 'moderated', message: 'Risk control', retryable: false } };
  expect(read(csvLines(failed))).toMatchObject([{ failureKind: 'moderated', failureMessage: 'Risk control' }]);
});

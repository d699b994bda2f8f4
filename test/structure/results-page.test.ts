import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { CSV_COLUMNS, type Generation, publicGeneration } from '@dailies/queue';

const page = (): Promise<string> => readFile(new URL('../../docs/results.md', import.meta.url), 'utf8');

/** Names in the first cells of the table under a heading. */
async function documented(heading: string): Promise<string[]> {
  const section = (await page()).split(`\n## ${heading}\n`)[1]?.split('\n## ')[0] ?? '';
  const cells = section.split('\n').filter((line) => line.startsWith('| `')).map((line) => line.split('|')[1] ?? '');
  return cells.flatMap((cell) => [...cell.matchAll(/`(\w+)\??`/g)].map(([, name = '']) => name));
}

/** A generation with everything that one can have. */
const EVERYTHING: Generation = {
  id: 'g1', state: 'unresolved', seq: 1, round: 1, attempts: 1, provider: 'luma', account: 'acedata@https://api.test', batch: 'b', lane: 'b',
  priority: 1, turn: 1,
  ask: { prompt: 'a', image: 'https://a.test/i.png' },
  request: {},
  metadata: {},
  fingerprint: 'f',
  createdAt: 1,
  submittedAt: 2,
  finishedAt: 3,
  pausedBase: 0,
  polls: 0,
  task: { id: 't' },
  taskKey: 't',
  phase: 'running',
  failure: { kind: 'upstream', message: 'm', retryable: false },
  ambiguity: { sentAt: 1, endSeen: false, why: 'w' },
  held: 'origin',
  cancelRequested: true,
  unwanted: true,
  history: [],
  filesRemovedAt: 4,
  strays: [{ round: 1, task: { id: 's' }, taskKey: 's' }],
  webhook: 'https://a.test/hook',
  createdBy: 'backend',
  bill: '400000|USD|price table|ray-2',
  files: [
    { kind: 'video', file: 'g1.mp4', sha256: 'a', bytes: 1, source: 'https://a.test/v.mp4' },
    { kind: 'cover', file: 'g1.1.jpg', sha256: 'b', bytes: 1, source: 'https://a.test/c.jpg' },
  ],
};

test('docs/results.md names every column of manifest.csv, in its order, and no other', async () => {
  expect(await documented('Columns of manifest.csv')).toEqual([...CSV_COLUMNS]);
});

test('docs/results.md names every field of manifest.jsonl, and no other', async () => {
  expect((await documented('Lines of manifest.jsonl')).toSorted()).toEqual(Object.keys(publicGeneration(EVERYTHING)).toSorted());
});

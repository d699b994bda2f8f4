import { createGenerations, type Generation } from '@dailies/queue';
import { StoreError, type Results, type ResultStore } from '@dailies/results';
import { expect, test } from 'vitest';
import { newGeneration, openTestLedger } from '../../../../../test/support/ledger.ts';
import { recordedGeneration } from '../../../../../test/support/recorded-generation.ts';
import { bringFiles, createFileLook } from './stored-files.ts';

const stored = { kind: 'video' as const, file: 'g1.mp4', sha256: '0'.repeat(64), bytes: 1, source: '' };

function inPlace(folder: string): Generation {
  return recordedGeneration('g1', { folder, files: [stored] });
}

/** A bucket of which each of these is an answer, and a folder in which all is whole. */
function resultsWith(answers: ('away' | 'ok')[]): Pick<Results, 'at'> & { asked: () => number } {
  let asked = 0;
  const verify = async (place: string): Promise<'ok'> => {
    if (!place.startsWith('s3://')) return 'ok';
    asked += 1;
    if (answers.shift() === 'away') throw new StoreError('unavailable', 'the bucket is away');
    return 'ok';
  };
  return { at: () => ({ verify }) as unknown as ResultStore, asked: () => asked };
}

test('a bucket that is away is asked about three, not about each of thousands, and a folder all the same', async () => {
  const results = resultsWith(['away', 'away', 'ok', 'away', 'away', 'away']);
  const look = createFileLook(results as unknown as Results);
  const found: unknown[] = [];
  for (let count = 0; count < 100; count += 1) found.push(await look(inPlace('s3://films/b')));
  expect(results.asked()).toBe(6);
  expect(found.filter((one) => one === true)).toHaveLength(1);
  expect(found.at(-1)).toMatchObject({ cause: 'unavailable' });
  expect(await look(inPlace('/films/b'))).toBe(true);
});

test('a look at earlier files that is stopped tells how many it has not come to', async () => {
  const ledger = openTestLedger();
  const folder = '/films/b';
  const items = ['one', 'two', 'three', 'four'].map((id) => newGeneration(id, { earlier: { state: 'succeeded', patch: { files: [stored], folder }, history: [] } }));
  await createGenerations(ledger.store, { batch: 'b', lane: 'b', attended: false, items });
  const stop = new AbortController();
  let asked = 0;
  const verify = async (): Promise<'ok'> => {
    if ((asked += 1) === 2) stop.abort();
    return 'ok';
  };
  const results = { at: () => ({ verify }) as unknown as ResultStore } as unknown as Results;
  const look = { folder, stopping: stop.signal };
  expect(await bringFiles({ desk: ledger, results }, items.map(({ id }) => id), look)).toMatchObject({ whole: 2, left: 2 });
  expect(await bringFiles({ desk: ledger, results }, ['one'], { ...look, stopping: new AbortController().signal })).toMatchObject({ whole: 1, left: 0 });
});

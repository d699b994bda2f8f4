import { expect, test } from 'vitest';
import { createDownloadPlaces } from './download-places.ts';

test('a host gets half of the downloads, and another host the rest', async () => {
  const places = createDownloadPlaces(4);
  expect(await places.enter('https://a/1')).toBe(true);
  expect(await places.enter('https://a/2')).toBe(true);
  const third = places.enter('https://a/3');
  expect(await places.enter('https://b/1')).toBe(true);
  let began = false;
  void third.then(() => (began = true));
  await Promise.resolve();
  expect(began).toBe(false);
  places.leave('https://a/1');
  expect(await third).toBe(true);
});

test('as many wait inside as may download, and the next one is sent away at once', async () => {
  const places = createDownloadPlaces(4);
  for (const at of [1, 2]) await places.enter(`https://a/${at}`);
  const inside = [3, 4].map((at) => places.enter(`https://a/${at}`));
  expect(await places.enter('https://a/5')).toBe(false);
  for (const at of [1, 2]) places.leave(`https://a/${at}`);
  expect(await Promise.all(inside)).toEqual([true, true]);
});

test('no more download at once than may, however many hosts there are', async () => {
  const places = createDownloadPlaces(4);
  for (const host of ['a', 'b', 'c', 'd']) expect(await places.enter(`https://${host}/1`)).toBe(true);
  const fifth = places.enter('https://e/1');
  places.leave('https://c/1');
  expect(await fifth).toBe(true);
});

test('those outside come back one after the other, never all at once and never later than in fifteen seconds', async () => {
  const places = createDownloadPlaces(2);
  await places.enter('https://a/1');
  const waits = Array.from({ length: 200 }, () => places.lookAgainInMs('https://a/2'));
  expect(waits.slice(0, 4)).toEqual(waits.slice(0, 4).toSorted((a, b) => a - b));
  expect(new Set(waits.slice(0, 4)).size).toBe(4);
  expect(Math.max(...waits)).toBe(15_000);
  expect(createDownloadPlaces(2).lookAgainInMs('https://b/1')).toBeLessThanOrEqual(500);
});

test('with a single download at a time, every host may still have it', async () => {
  expect(await createDownloadPlaces(1).enter('https://a/1')).toBe(true);
});

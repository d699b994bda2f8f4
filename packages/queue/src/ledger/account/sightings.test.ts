import { expect, test } from 'vitest';
import { openTestLedger } from '../../../../../test/support/ledger.ts';
import type { Sighting } from '../../pacing/sighting.ts';
import { readSightings, rememberSightings } from './sightings.ts';

const between = (after: number, by: number): Sighting => ({ afterMs: after * 1000, byMs: by * 1000 });

test('what several workers have seen of one kind stands together, and a repeated call changes nothing', async () => {
  const { store } = openTestLedger();
  await rememberSightings(store, 'one', new Map([['kling|v1|5', [between(60, 75)]]]));
  await rememberSightings(store, 'other', new Map([['kling|v1|5', [between(80, 90)]], ['luma|default', [between(0, 20)]]]));
  await rememberSightings(store, 'one', new Map([['kling|v1|5', [between(60, 75)]]]));
  const seen = await readSightings(store, 'kling|v1|5');
  expect(seen.map(({ byMs }) => Math.round(byMs / 5_000) * 5)).toEqual([75, 90]);
  expect(await readSightings(store, 'luma|default')).toHaveLength(1);
  expect(await readSightings(store, 'unheard of')).toEqual([]);
});

test('of one kind the last two hundred are kept, in less than a kilobyte', async () => {
  const { store, redis } = openTestLedger();
  for (let call = 0; call < 30; call += 1) await rememberSightings(store, `call ${call}`, new Map([['kind', Array.from({ length: 10 }, () => between(call, call + 10))]]));
  const seen = await readSightings(store, 'kind');
  expect(seen).toHaveLength(200);
  expect(seen[0]?.afterMs).toBeGreaterThan(9_000);
  expect((await redis.hget(store.keys.sightings, 'kind'))?.length).toBeLessThan(1_024);
});

test('however many kinds requests name, the newest 256 are kept', async () => {
  const { store, redis } = openTestLedger();
  for (let call = 0; call < 30; call += 1) {
    await rememberSightings(store, `call ${call}`, new Map(Array.from({ length: 10 }, (_, at) => [`kind ${call * 10 + at}`, [between(1, 2)]])));
  }
  expect(await redis.hlen(store.keys.sightings)).toBe(256);
  expect(await redis.zcard(store.keys.sightingKinds)).toBe(256);
  expect(await readSightings(store, 'kind 299')).toHaveLength(1);
  expect(await readSightings(store, 'kind 0')).toEqual([]);
});

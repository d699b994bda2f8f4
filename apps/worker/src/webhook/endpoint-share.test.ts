import { expect, test } from 'vitest';
import { createEndpointShare } from './endpoint-share.ts';

test('a host has half of the deliveries, another host is not concerned, and a place that is left is free', () => {
  const shares = createEndpointShare(4);
  expect([shares.enter('https://a.example/1'), shares.enter('https://a.example/2')]).toEqual([0, 0]);
  expect(shares.enter('https://a.example/3')).toBeGreaterThan(0);
  expect(shares.enter('https://b.example/1')).toBe(0);
  shares.leave('https://a.example/1');
  expect(shares.enter('https://a.example/3')).toBe(0);
});

test('those who are sent away come back one after the other, as fast as the endpoint is, and within a minute', () => {
  let now = 1_000_000;
  const shares = createEndpointShare(4, () => now);
  for (let at = 0; at < 40; at += 1) {
    shares.enter('https://slow.example/');
    now += 8_000;
    shares.leave('https://slow.example/');
  }
  shares.enter('https://slow.example/');
  shares.enter('https://slow.example/');
  const waits = Array.from({ length: 1_000 }, () => shares.enter('https://slow.example/'));
  expect(waits[0]).toBeGreaterThan(3_000);
  expect((waits[1] ?? 0) - (waits[0] ?? 0)).toBeGreaterThan(3_000);
  expect(Math.max(...waits)).toBeLessThanOrEqual(60_000);
  expect(waits).toEqual(waits.toSorted((a, b) => a - b));
});

test('with a single delivery at a time, every host may still have it', () => {
  expect(createEndpointShare(1).enter('https://a.example/1')).toBe(0);
});

import { expect, test } from 'vitest';
import { describeRedisUrl } from './redis-url.ts';

test.each([
  ['redis://:secret@127.0.0.1:6379/0', 'redis://:***@127.0.0.1:6379/0'],
  ['rediss://worker:s%40cret@cache.example:6380/2?password=secret', 'rediss://worker:***@cache.example:6380/2'],
  ['redis://localhost:6379', 'redis://localhost:6379'],
  ['secret', '(not an address)'],
])('an address is shown without its password: case %#', (url, shown) => {
  expect(describeRedisUrl(url)).toBe(shown);
});

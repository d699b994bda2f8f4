import { expect, test } from 'vitest';
import { describeRedisUrl } from './redis-url.ts';

test.each([
  ['redis://:secret@127.0.0.1:6379/0', 'redis://:***@127.0.0.1:6379/0'],
  ['rediss://worker:s%40cret@cache.example:6380/2?password=secret', 'rediss://worker:***@cache.example:6380/2'],
  ['redis://localhost:6379', 'redis://localhost:6379'],
  ['redis+sentinel://worker:s%40cret@one.example:26379,two.example/main/3?sentinel-password=secret', 'redis+sentinel://worker:***@one.example:26379,two.example/main/3'],
  ['rediss+cluster://:secret@[2001:db8::1]:7000,10.0.0.2:7001', 'rediss+cluster://:***@[2001:db8::1]:7000,10.0.0.2:7001'],
  ['redis+cluster://:pa/secret@one.example:7000', '(not an address)'],
  ['secret', '(not an address)'],
])('an address is shown without its password: case %#', (url, shown) => {
  expect(describeRedisUrl(url)).toBe(shown);
});

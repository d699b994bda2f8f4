import { expect, test } from 'vitest';
import { readRedisUrl, redisUrlFault } from './redis-address.ts';

test('Sentinels have an address each, the name of their master, and a login of their own', () => {
  expect(readRedisUrl('redis+sentinel://worker:s%40cret@one.example:26380,two.example,[::1]:5/main/3?sentinel-user=look&sentinel-password=p%26w')).toEqual({
    kind: 'sentinel',
    places: [{ host: 'one.example', port: 26380 }, { host: 'two.example', port: 26379 }, { host: '::1', port: 5 }],
    login: { username: 'worker', password: 's@cret' },
    tls: false,
    master: 'main',
    database: 3,
    sentinels: { login: { username: 'look', password: 'p&w' }, tls: false },
  });
});

test('TLS is for the Sentinels too, unless they are said to be without', () => {
  expect(readRedisUrl('rediss+sentinel://h/main')).toMatchObject({ tls: true, sentinels: { tls: true, login: {} } });
  expect(readRedisUrl('rediss+sentinel://h/main?sentinel-tls=off')).toMatchObject({ tls: true, sentinels: { tls: false } });
  expect(readRedisUrl('redis+sentinel://h/main?sentinel-tls=on')).toMatchObject({ tls: false, sentinels: { tls: true } });
});

test('a Cluster is named by some of its nodes', () => {
  expect(readRedisUrl('rediss+cluster://:secret@10.0.0.1:7000,10.0.0.2')).toEqual({
    kind: 'cluster',
    places: [{ host: '10.0.0.1', port: 7000 }, { host: '10.0.0.2', port: 6379 }],
    login: { password: 'secret' },
    tls: true,
  });
});

test.each([
  ['redis://127.0.0.1:6379/1', null],
  ['redis://[::1]', null],
  ['http://127.0.0.1', /must be redis:/],
  ['redis://one:6379,two:6379', /names several servers/],
  ['redis+sentinel://one:26379', /name that the Sentinels watch/],
  ['redis+sentinel://one:26379/main/x', /nothing but the number of a database/],
  ['redis+sentinel://one/main?sentinel-tls=maybe', /neither on nor off/],
  ['redis+sentinel://one/main?sentinelPassword=x', /not known: sentinelPassword \(sentinel-user, /],
  ['redis+cluster://one:7000/1', /has only one/],
  ['redis+cluster://one:7000?natMap=x', /not known: natMap$/],
  ['redis+cluster://one:70000', /host:port/],
  ['redis+cluster://one:7000,,two', /host:port/],
  ['redis+cluster://:se/cret@one:7000', /percent-encoded/],
  ['redis+cluster://:100%@one', /%25/],
  ['redis+cluster://one two', /blanks/],
])('a fault in an address is said in words: %s', (url, words) => {
  const fault = redisUrlFault(url);
  if (words === null) expect(fault).toBeNull();
  else expect(fault).toMatch(words);
});

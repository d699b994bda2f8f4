import { describe, expect, it } from 'vitest';
import { linkOf, numberOf, parseJson, parseObject } from './json.ts';
import { plainText, plainWord } from './plain-text.ts';
import { retryAfter } from './retry-after.ts';

describe('parseJson', () => {
  it('keeps integers beyond 2^53 as text', () => {
    expect(parseJson('{"data":{"task_id":867283741759111202,"list":[-867283741759111202,1]}}')).toEqual({
      data: { task_id: '867283741759111202', list: ['-867283741759111202', 1] },
    });
    expect(parseJson('867283741759111202')).toBe('867283741759111202');
    expect(parseJson('9007199254740993')).toBe('9007199254740993');
  });

  it('leaves numbers alone that it can hold, however long they are written', () => {
    expect(parseJson('{"a":1722769557708,"b":1725077411.961000000000001,"c":1e21,"d":-0.12500000000000000000}')).toEqual({
      a: 1722769557708,
      b: 1725077411.961,
      c: 1e21,
      d: -0.125,
    });
    expect(parseJson('[9007199254740991]')).toEqual([9007199254740991]);
  });

  it('leaves digits inside strings and keys alone', () => {
    const value = { 'k":12345678901234567890': 'say \\"12345678901234567890\\", 1\\\\', url: 'https://x/12345678901234567890?a=1', id: '867283741759111202' };
    expect(parseJson(JSON.stringify(value))).toEqual(value);
  });

  it('reads a megabyte of hostile text at once', () => {
    const text = JSON.stringify({ a: '\\"'.repeat(300_000), n: 1 }).replace('"n":1', '"n":12345678901234567890');
    expect(parseObject(text)?.['n']).toBe('12345678901234567890');
  });

  it('says nothing of text that is not JSON', () => {
    for (const text of ['', '<html>', '{"a":', '{"a":867283741759111202']) expect(parseJson(text)).toBeUndefined();
    expect(parseObject('[1]')).toBeUndefined();
  });
});

it('reads numbers sent as text, and nothing else', () => {
  expect([numberOf('5.1'), numberOf(5), numberOf(''), numberOf('x'), numberOf(null), numberOf('Infinity')]).toEqual([5.1, 5, undefined, undefined, undefined, undefined]);
});

it('takes only a whole http(s) URL for a link', () => {
  expect(linkOf(' https://a/b.mp4 ')).toBe('https://a/b.mp4');
  for (const text of ['ftp://a/b', 'error: https://a', 'javascript:1', 'a.mp4', '', null]) expect(linkOf(text)).toBeUndefined();
});

describe('plainText', () => {
  it('takes out the key, bearer tokens and the queries of links', () => {
    expect(plainText('bad key sk-1 in "Authorization: Bearer abc.def" for https://a/b?sig=x', 'sk-1')).toBe('bad key [key] in "Authorization: Bearer [key]" for https://a/b');
  });

  it('takes out logins and fragments of links, and the token of the address that was to be called back', () => {
    const token = '0123456789abcdef0123456789abcdef';
    expect(plainText(`no https://me:pw@a/b?x=1@2, https://a/b#t=1 and http://us/v1/callbacks/kling/g1/${token}. ${token} ${token}0`, [])).toBe(
      `no https://a/b https://a/b and http://us/v1/callbacks/kling/g1/[key]. ${token} ${token}0`,
    );
    expect(plainText(`${token} is busy`, ['sk-1', token])).toBe('[key] is busy');
  });

  it('takes secrets out of codes and ids too, and keeps none that is nothing else', () => {
    expect([plainWord('1303', 'sk-1'), plainWord('bad sk-1', 'sk-1'), plainWord('sk-1', ['sk-1']), plainWord(undefined, [])]).toEqual(['1303', 'bad [key]', undefined, undefined]);
  });

  it('finds the words inside nested objects', () => {
    expect(plainText({ message: { message: 'content violation' } })).toBe('content violation');
    expect(plainText({ reason: 1 })).toBe('{"reason":1}');
  });

  it('is one short line', () => {
    expect(plainText('a\n\u0007 b')).toBe('a b');
    expect(plainText('x'.repeat(1000)).length).toBeLessThan(410);
  });
});

describe('retryAfter', () => {
  const now = Date.parse('2026-01-01T00:00:00Z');
  it.each([
    [{ 'retry-after': '7' }, 7000],
    [{ 'retry-after': '1.5' }, 1500],
    [{ 'retry-after': 'Thu, 01 Jan 2026 00:00:30 GMT' }, 30_000],
    [{ 'retry-after': 'Wed, 31 Dec 2025 00:00:00 GMT' }, 0],
    [{ 'retry-after': '999999999' }, 3_600_000],
    [{ 'retry-after-ms': '250', 'retry-after': '9' }, 250],
    [{ 'retry-after': ['3', '4'] }, 3000],
    [{ 'retry-after': 'soon' }, undefined],
    [{}, undefined],
  ])('reads %o as %s ms', (headers, expected) => {
    expect(retryAfter(headers, now)).toBe(expected);
  });
});

import { expect, test } from 'vitest';
import { repeatedKey } from './repeated-key.ts';

test.each([
  ['{"prompt":"a","prompt":"b"}', 'prompt'],
  ['{"prompt":"a", "params" : {"x":1,"y":{"x":2},"x" : 3}}', 'x'],
  ['{"a":[{"b":1},{"b":2}],"b":[{"c":1,"c":2}]}', 'c'],
  [String.raw`{"prompt":1,"\u0070rompt":2}`, 'prompt'],
  ['{"__proto__":1,"__proto__":2}', '__proto__'],
])('of %s the key that is there twice is named', (json, key) => {
  expect(repeatedKey(json)).toBe(key);
});

test.each([
  '{"prompt":"a","params":{"prompt":"b"},"metadata":[{"prompt":1},{"prompt":2}]}',
  String.raw`{"prompt":"she said: \"prompt\": {\"prompt\": 1, \"prompt\": 2} \\","params":{}}`,
  '{"a":"b","b":"a"}',
  '{"tags":["a","a"],"x":{}}',
  `{"prompt":"${String.raw`\n`.repeat(5_000_000)}","b":1}`,
  '{"a":{"b":1},"c":{"b":2,"d":{"b":3}},"e":{"b":{"b":4}}}',
  String.raw`{ "a" : "\\" , "b" : "\\\" : " }`,
  `{"prompt":"${'{'.repeat(500_000)}${String.raw`\"`.repeat(200_000)}","b":1}`,
])('nothing is named where no object has one twice', (json) => {
  JSON.parse(json);
  expect(repeatedKey(json)).toBeNull();
});

test('objects below a thousand others are not looked into, so that a body of nothing but levels takes no memory for each', () => {
  const twice = '{"b":1,"b":2}';
  const below = (levels: number): string => '{"a":'.repeat(levels) + twice + '}'.repeat(levels);
  expect(repeatedKey(below(900))).toBe('b');
  expect(repeatedKey(below(2_000))).toBeNull();
});

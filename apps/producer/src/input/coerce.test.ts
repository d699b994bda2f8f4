import { describe, expect, test } from 'vitest';
import { PROVIDERS } from '@dailies/providers';
import { parametersOf } from '@dailies/queue';
import { coerce } from './coerce.ts';

describe('text becomes what the parameter is:', () => {
  test.each([
    ['a whole number', 'allegro', 'num_step', '50', 50],
    ['a whole number that no number holds stays as it is written', 'allegro', 'rand_seed', '9007199254740993', '9007199254740993'],
    ['a number', 'kling', 'cfg_scale', ' 0.5 ', 0.5],
    ['a word that looks like a number stays a word', 'kling', 'duration', '5', '5'],
    ['true', 'luma', 'loop', 'Yes', true],
    ['1 for true', 'luma', 'loop', '1', true],
    ['false', 'luma', 'loop', 'no', false],
    ['text stays text', 'kling', 'negative_prompt', '7', '7'],
    ['an object, as JSON', 'kling', 'camera_control', '{"type":"down_back"}', { type: 'down_back' }],
    ['a list, as JSON', 'pika', 'image_url', '["a.png","b.png"]', ['a.png', 'b.png']],
    ['a single value for a list is a list of one', 'pika', 'image_url', 'a|b, c.png', ['a|b, c.png']],
    ['what is no number stays, to be refused', 'allegro', 'num_step', '1,5', '1,5'],
    ['hexadecimal is no number', 'allegro', 'num_step', '0x10', '0x10'],
    ['what is no JSON stays, to be refused', 'kling', 'camera_control', '{bad', '{bad'],
    ['of an unknown parameter stays as it is', 'kling', 'nothing', '5', '5'],
  ] as const)('%s', (_, provider, name, text, value) => {
    expect(coerce(text, parametersOf(PROVIDERS[provider]).find((parameter) => parameter.name === name)?.schema)).toEqual(value);
  });

  test('one of several numbers, and one of several kinds, as the schema of a further provider may have them', () => {
    expect([coerce('5', { enum: [5, 10] }), coerce('7', { enum: [5, 10] })]).toEqual([5, '7']);
    expect(['5', 'auto'].map((text) => coerce(text, { anyOf: [{ type: 'integer' }, { const: 'auto' }] }))).toEqual([5, 'auto']);
  });
});

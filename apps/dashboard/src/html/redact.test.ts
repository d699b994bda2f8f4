import { describe, expect, it } from 'vitest';
import { redactText, redactValue } from './redact.ts';

describe('redaction', () => {
  it.each([
    ['see https://host/a.mp4?sig=SECRET&x=1 now', 'see https://host/a.mp4 now'],
    ['https://user:SECRET@host/a#SECRET', 'https://host/a'],
    ['Authorization: Bearer SECRETSECRET', 'Authorization: Bearer [secret]'],
    ['data:image/png;base64,SECRET', 'data:'],
    ['is 1 < 2? yes', 'is 1 < 2? yes'],
  ])('makes %j readable without its secrets', (text, expected) => {
    expect(redactText(text)).toBe(expected);
  });

  it('cuts what is long', () => {
    expect(redactText('x'.repeat(10_000)).length).toBeLessThan(600);
  });

  it('reaches into values, hides fields named like secrets, and stays small', () => {
    expect(redactValue({ file: 'a.mp4', apiKey: 'SECRET', links: ['https://h/x?SECRET'], deep: { deep: { deep: { deep: 1 } } } })).toEqual({
      file: 'a.mp4',
      apiKey: '[secret]',
      links: ['https://h/x'],
      deep: { deep: { deep: '…' } },
    });
    expect(redactValue(Array.from({ length: 1000 }, () => 1))).toHaveLength(20);
  });
});

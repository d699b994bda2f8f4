import { describe, expect, test } from 'vitest';
import { canonicalAsk, fingerprint, generationId } from './generation-id.ts';

describe('the id of a generation', () => {
  test('never changes between versions', () => {
    const canonical = canonicalAsk('kling', { prompt: 'A ship', params: { mode: 'pro', duration: '10' } });
    expect(canonical).toBe('{"params":{"duration":"10","mode":"pro"},"prompt":"A ship","provider":"kling"}');
    expect(generationId('batch', canonical, 0)).toBe('gtba3z3npkonqfw23rzg4');
  });

  test('does not depend on the order of keys, nor on empty params', () => {
    const one = canonicalAsk('kling', { params: { b: { y: 1, x: [2, 1] }, a: 1 }, prompt: 'x' });
    expect(one).toBe(canonicalAsk('kling', { prompt: 'x', params: { a: 1, b: { x: [2, 1], y: 1 } } }));
    expect(canonicalAsk('luma', { prompt: 'x', params: {}, model: undefined })).toBe(canonicalAsk('luma', { prompt: 'x' }));
  });

  test('depends on batch, provider, prompt, model, image, params and repetition', () => {
    const ask = { prompt: 'x', model: 'm', image: 'https://example.com/a.png', params: { a: 1 } };
    const lines = [
      canonicalAsk('pika', ask),
      canonicalAsk('kling', ask),
      canonicalAsk('pika', { ...ask, prompt: 'y' }),
      canonicalAsk('pika', { ...ask, model: 'n' }),
      canonicalAsk('pika', { ...ask, image: 'https://example.com/b.png' }),
      canonicalAsk('pika', { ...ask, params: { a: '1' } }),
    ];
    const [line = ''] = lines;
    const ids = [...lines.map((each) => generationId('b', each, 0)), generationId('b', line, 1), generationId('c', line, 0), generationId(null, line, 'key')];
    expect(new Set(ids).size).toBe(ids.length);
    for (const id of ids) expect(id).toMatch(/^g[a-z2-7]{20}$/);
  });

  test('has a fingerprint beside it, another one in every batch: a generation belongs to one', () => {
    const line = canonicalAsk('luma', { prompt: 'x' });
    expect(fingerprint('b', line)).toMatch(/^[0-9a-f]{64}$/);
    expect(fingerprint('b', line)).toBe(fingerprint('b', line));
    expect(fingerprint('c', line)).not.toBe(fingerprint('b', line));
  });
});
